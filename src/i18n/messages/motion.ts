/** Texts of playing faster than the eye. */
export const motion = {
  en: {
    'motion.sampled': 'showing 1 of {count} steps',
    'motion.sampledShort': '1 of {count}',
  },
  zh: {
    'motion.sampled': '每 {count} 步显示 1 步',
    'motion.sampledShort': '每 {count} 步',
  },
} as const;
