import type { Term } from '../entry.ts';

/** Words of this simulation itself: what is computed, how far it can be trusted, and what the page offers. */
export const simulation: readonly Term[] = [
  {
    id: 'simulation',
    name: { en: 'Simulation', zh: '模拟' },
    says: {
      en: 'The scheduler’s decisions are taken as the engine takes them, step by step and block by block; only the time that a step takes is computed instead of measured.',
      zh: '调度决策与引擎一致，逐步、逐块进行；只有每一步的时间是计算出来的，而不是测量的。',
    },
    aliases: { en: ['simulator', 'discrete-event simulation'], zh: ['仿真', '仿真器'] },
    related: ['run', 'cost-model', 'determinism', 'replay'],
  },
  {
    id: 'run',
    name: { en: 'Run', zh: '运行' },
    says: {
      en: 'One simulated history of a scenario, from the first arrival to the last token. It is simulated whole, whatever part is looked at.',
      zh: '一个场景的一次完整模拟，从第一个到达至最后一个 token。无论观看哪一段，都完整模拟。',
    },
    related: ['scenario', 'simulated-time', 'fingerprint'],
    see: ['panel:strip'],
  },
  {
    id: 'scenario',
    name: { en: 'Scenario', zh: '场景' },
    says: {
      en: 'All that decides a run: workload, engine, memory, model, device and seed. A link holds a whole scenario.',
      zh: '决定一次运行的全部内容：负载、引擎、内存管理、模型、设备和种子。一个链接即可保存整个场景。',
    },
    related: ['preset', 'knob', 'run'],
  },
  {
    id: 'preset',
    name: { en: 'Preset', zh: '预设' },
    says: {
      en: 'A scenario to start from that shows one phenomenon, with a knob that changes it.',
      zh: '用作起点、展示某一现象的场景，并给出一个能改变它的旋钮。',
    },
    related: ['scenario', 'knob'],
    see: ['dialog:gallery'],
  },
  {
    id: 'knob',
    name: { en: 'Knob', zh: '旋钮' },
    says: {
      en: 'A setting of a scenario. Those of engines have the engine’s own flag, range and default.',
      zh: '场景的一项设置。属于引擎的旋钮使用引擎自己的参数名、范围和默认值。',
    },
    aliases: { en: ['setting', 'flag', 'option', 'parameter'] },
    related: ['scenario', 'sweep', 'bound'],
  },
  {
    id: 'simulated-time',
    name: { en: 'Simulated time', zh: '模拟时间' },
    says: {
      en: 'The clock inside the run, in whole microseconds. How fast it is played has nothing to do with how fast the engine would be.',
      zh: '运行内部的时钟，以整微秒计。播放的快慢与引擎的快慢无关。',
    },
    unit: { en: 's', zh: '秒' },
    aliases: { zh: ['仿真时间', '虚拟时间'] },
    related: ['run', 'step'],
  },
  {
    id: 'determinism',
    name: { en: 'Determinism', zh: '确定性' },
    says: {
      en: 'The same scenario and version give the same run on every computer, to the last microsecond.',
      zh: '相同的场景和版本在任何计算机上给出相同的运行，精确到微秒。',
    },
    related: ['fingerprint', 'seed'],
  },
  {
    id: 'fingerprint',
    name: { en: 'Fingerprint', zh: '指纹' },
    says: {
      en: 'A short sum of a run’s results. A link carries it, so that the page can say when another version gives another result.',
      zh: '运行结果的简短摘要。链接带有它，当另一版本给出不同结果时页面可以指出。',
    },
    aliases: { en: ['checksum'] },
    related: ['determinism'],
  },
  {
    id: 'replay',
    name: { en: 'Replay', zh: '重放' },
    says: {
      en: 'Running the simulated scheduler on the recorded inputs of a real one and comparing every decision.',
      zh: '用真实调度器记录下的输入运行模拟的调度器，逐个比较决策。',
    },
    aliases: { en: ['recorded run'] },
    related: ['simulation'],
    see: ['dialog:engines'],
  },
  {
    id: 'cost-model',
    name: { en: 'Cost model', zh: '代价模型' },
    says: {
      en: 'What says how long a step takes: for every operator the larger of its arithmetic and its memory time, with efficiencies that were fitted to measurements.',
      zh: '计算每一步时间的模型：每个算子取运算时间与访存时间中较大者，效率由测量拟合。',
    },
    aliases: { en: ['performance model'], zh: ['成本模型'] },
    related: ['cost-of-a-step', 'device-profile', 'roofline'],
    see: ['panel:roofline'],
  },
  {
    id: 'device-profile',
    name: { en: 'Device profile', zh: '设备配置' },
    says: {
      en: 'A device as data: its rates, and how much of them operators reach. It is measured, fitted to published tables, or estimated from a datasheet; the page says which.',
      zh: '以数据表示的设备：各项速率，以及算子能达到其中多少。来自实测、对已发表数据的拟合，或按规格书估计；页面会注明。',
    },
    aliases: { en: ['evidence', 'datasheet'], zh: ['设备画像'] },
    related: ['calibration', 'step-error', 'device'],
    knobs: ['device'],
  },
  {
    id: 'calibration',
    name: { en: 'Calibration', zh: '校准' },
    says: {
      en: 'A WebGPU benchmark that measures this computer’s GPU and makes a device profile of it.',
      zh: '用 WebGPU 基准测试测量这台计算机的 GPU，并由此生成设备配置。',
    },
    aliases: { en: ['WebGPU benchmark', 'this GPU'], zh: ['标定'] },
    related: ['device-profile', 'step-error'],
    see: ['dialog:calibrate'],
  },
  {
    id: 'step-error',
    name: { en: 'Step error', zh: '步时误差' },
    says: {
      en: 'How far computed step times are from measured ones that they were not fitted to, as a median and a P95.',
      zh: '计算的步时与未参与拟合的实测值之差，以中位数和 P95 表示。',
    },
    unit: { en: 'share', zh: '比例' },
    related: ['device-profile', 'error-band'],
  },
  {
    id: 'error-band',
    name: { en: 'Error band', zh: '误差带' },
    says: {
      en: 'The range of a result when all step times are longer or shorter by the step error. Near saturation a small error becomes a wide band.',
      zh: '把所有步时按步时误差延长和缩短时，结果的范围。接近饱和时，小误差会变成宽带。',
    },
    aliases: { en: ['uncertainty'] },
    related: ['step-error', 'load', 'saturation'],
    see: ['panel:latency'],
  },
  {
    id: 'comparison',
    name: { en: 'Comparison', zh: '对比' },
    says: {
      en: 'Two runs beside each other: A is kept, a knob that is moved makes B. Both see the same requests.',
      zh: '两次运行并列：保留 A，调动旋钮产生 B。两者的请求相同。',
    },
    aliases: { en: ['A/B', 'A and B'] },
    related: ['fork', 'what-if'],
    see: ['panel:latency'],
  },
  {
    id: 'fork',
    name: { en: 'Fork', zh: '分叉' },
    says: {
      en: 'A run that leaves another one at a step: before it they are the same history, from there on a knob has another value.',
      zh: '从某一步离开另一次运行的运行：此前历史相同，此后某个旋钮取不同的值。',
    },
    related: ['comparison'],
  },
  {
    id: 'what-if',
    name: { en: 'What if', zh: '假设' },
    says: {
      en: 'One decision is taken otherwise and the run goes on from there, to see what it was worth.',
      zh: '把某个决策改为另一种，再从那里继续运行，看它值多少。',
    },
    aliases: { en: ['counterfactual', 'alternative'], zh: ['反事实'] },
    related: ['decision', 'comparison'],
    see: ['panel:step'],
  },
  {
    id: 'sweep',
    name: { en: 'Sweep', zh: '扫描' },
    says: {
      en: 'A knob at about eleven values, each with several seeds: which value is best, and how sure that is.',
      zh: '对一个旋钮取约十一个值，每个值用多个种子：哪个值最好，把握有多大。',
    },
    aliases: { en: ['parameter sweep', 'grid'], zh: ['参数扫描'] },
    related: ['knob', 'confidence-interval', 'capacity'],
  },
  {
    id: 'event',
    name: { en: 'Event', zh: '事件' },
    says: {
      en: 'A step at which something begins to be different: a preemption, a first hold, a full pool, another limit.',
      zh: '情况开始变化的一步：抢占、首次被阻、池将满、限制改变。',
    },
    related: ['preemption', 'held', 'bound'],
    see: ['panel:events'],
  },
  {
    id: 'published-result',
    name: { en: 'Published result', zh: '已发表的结果' },
    says: {
      en: 'A claim of a paper or a project, simulated with its model, GPU and traffic. Nothing is fitted to the claim.',
      zh: '论文或项目的结论，用其模型、GPU 和流量模拟。没有任何参数为凑出结论而调整。',
    },
    aliases: { en: ['headline', 'claim'] },
    related: ['replay', 'simulation'],
    see: ['dialog:headlines', 'preset:published'],
  },
  {
    id: 'bookmark',
    name: { en: 'Bookmark', zh: '书签' },
    says: {
      en: 'A step that is marked with a caption or a question. Several of them make a lecture, which is one link.',
      zh: '带说明或提问的一个标记步。若干书签组成一次讲解，整个讲解就是一个链接。',
    },
    aliases: { en: ['lecture', 'film strip'] },
    related: ['step', 'scenario'],
    see: ['dialog:lecture'],
  },
];
