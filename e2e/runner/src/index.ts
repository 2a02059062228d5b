export const placeholder = '';
