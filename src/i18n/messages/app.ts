export const app = {
  en: {
    'ui.maximise': 'Maximise {panel}',
    'ui.restore': 'Restore {panel}',
    'ui.close': 'Close',
  },
  zh: {
    'ui.maximise': '最大化{panel}',
    'ui.restore': '还原{panel}',
    'ui.close': '关闭',
  },
} as const;
