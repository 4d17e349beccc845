/** Texts of the dialog with published results. What is said of one result is in the data, `scenario/headlines/`. */
export const headlines = {
  en: {
    'headlines.title': 'Published results',
    'headlines.about':
      'Claims of papers and projects, simulated with their model, GPU and traffic. Nothing was fitted to the published number; where ours differs, the row says why. A link opens the very run.',
    'headlines.marks': 'Where the published numbers come from',
    'headlines.published': 'Published',
    'headlines.ours': 'Ours',
    'headlines.difference': 'Difference',
    'headlines.upTo': 'up to {number}',
    'headlines.open': 'Open',
    'headlines.openSide': 'Open {name}, {number}',
    'headlines.why': 'Assumptions and remarks',
    'headlines.source': 'Published in: {source}',
    'headlines.missing': 'Not simulated',
    'headlines.because': 'Why not',
    'headlines.claim': 'Claim',
    'headlines.runs': 'Simulations for this row: {runs}',
  },
  zh: {
    'headlines.title': '已发表的结果',
    'headlines.about':
      '论文和项目的结论，用它们的模型、GPU 和流量模拟。没有任何参数为凑出发表的数字而调整；不一致之处，该行说明原因。链接打开的正是那次运行。',
    'headlines.marks': '已发表数字的来源',
    'headlines.published': '已发表',
    'headlines.ours': '我们的',
    'headlines.difference': '差异',
    'headlines.upTo': '最高 {number}',
    'headlines.open': '打开',
    'headlines.openSide': '打开 {name}，{number}',
    'headlines.why': '假设与说明',
    'headlines.source': '发表于：{source}',
    'headlines.missing': '未模拟',
    'headlines.because': '原因',
    'headlines.claim': '结论',
    'headlines.runs': '本行的模拟次数：{runs}',
  },
} as const;
