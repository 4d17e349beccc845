/** What the step panel and the comparison load when it is first needed, in one piece. */
export { Chain } from './Chain.tsx';
export { Life } from './Life.tsx';
export { Why } from './Why.tsx';
