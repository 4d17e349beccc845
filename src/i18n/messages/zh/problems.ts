import type { problems as english } from '../problems.ts';

export const problems: Record<keyof (typeof english)['en'], string> = {
  'problem.unknown-key': '此版本不认识“{field}”；保留但不起作用。',
  'problem.invalid-value': '{field}：不能是“{found}”；应为 {expected}。',
  'problem.out-of-range': '{field}：{found} 超出范围；应为 {expected}。',
  'problem.truncated-link': '链接似乎在“{field}”处被截断。',
  'problem.newer-version': '由更新的版本（{found}）生成；此版本不认识的部分被略去。',
  'problem.empty-file': '文件是空的。',
  'problem.wrong-columns': '列不符合：找到 {found}；应为 {expected}。',
  'problem.unknown-format': '无法识别的格式；应为 {expected}。',
  'problem.bad-line': '{field}：无法读取“{found}”；应为 {expected}。',
  'problem.not-sorted': '请求未按到达时间排列；已排序。',
  'problem.no-rows': '没有读到任何请求。',
  'problem.no-memory-for-kv':
    '没有显存留给键和值：剩余 {found}；至少需要 {expected}。请调整 {field}，或选择更小的模型。',
  'problem.budget-is-fixed': '此引擎的 token 预算在运行中不变，赌博机无法选择；{field} 可为 {expected}。',
  'problem.model-does-not-fit': '权重放不下：需要 {found}；此 GPU 上允许 {expected}。',
  'problem.trace-missing': '没有加载轨迹。请打开轨迹文件，或选择其他负载。',
  'problem.gpu-not-measured': '尚未测量本机 GPU。请先测量，或选择其他 GPU。',
  'problem.host-link-unknown': '{field}：不知道 {found} 与主机之间的复制速度。请设为 0，或选择其他 GPU。',
  'problem.fingerprint-differs': '结果与发送者的不同：这里是 {found}，那里是 {expected}。',
  'problem.knob-locked': '{field} 已被本讲解锁定，保持不变。',
  'problem.internal': '程序内部出错：{found}',
  'problem.used': '改用：{used}。',
  'problem.where': '{where}',
  'problem.where-line': '{where}，第 {line} 行',
};
