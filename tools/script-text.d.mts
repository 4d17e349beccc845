import type { Plugin } from 'vite';

export function scriptText(): Plugin;
