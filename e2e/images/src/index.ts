export { type BuildOptions, buildImages, findImages, imageFolder } from './build-images.ts';
export type { BuildContext, BuiltImage, ContextInputs, ImageDefinition } from './image-definition.ts';
export { ImageError, type ImageErrorCode } from './image-error.ts';
export { imageTable } from './image-table.ts';
export { imageReference, movingTag, pushImages } from './push-images.ts';
