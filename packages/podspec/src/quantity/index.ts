export { addQuantities, canonicalQuantity, compareQuantities, isWhole, parseQuantity, type Quantity } from './quantity.ts';
