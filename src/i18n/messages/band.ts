/** Texts of the band: how much the figures may be off, and the load. */
export const band = {
  en: {
    'band.load': 'Load ρ {rho}',
    'band.load.means':
      'ρ = offered work over capacity: the time all the work takes with every request there from the start, over the time in which requests arrive.',
    'band.load.range': '{low} to {high}',
    'band.load.closed': 'No load ρ: arrivals follow the answers',
    'band.load.at-once': 'No load ρ: all requests arrive at once',
    'band.load.few': 'No load ρ: fewer than 100 requests',
    'band.means':
      'Bars on the quantiles and the shaded band: simulated again with all step times {error} shorter and longer, the P95 of the errors of this device’s profile.',
    'band.unknown': 'no band: the step error of this device is not known',
    'band.overloaded': 'overloaded: the queue grows as long as requests arrive',
    'band.near': 'near saturation: an error of {error} in step times grows to {low} … {high} in P{rank} {metric}',
    'band.overloadedGrows': 'overloaded: an error of {error} in step times grows to {low} … {high} in P{rank} {metric}',
    'band.uneven': 'saturated at times: an error of {error} in step times grows to {low} … {high} in P{rank} {metric}',
    'band.steady': 'an error of {error} in step times stays small: {low} … {high} in P{rank} {metric} at most',
  },
  zh: {
    'band.load': '负载 ρ {rho}',
    'band.load.means':
      'ρ = 所求工作量与能力之比：所有请求一开始就到齐时完成全部工作所需的时间，除以请求到达所历的时间。',
    'band.load.range': '{low} 至 {high}',
    'band.load.closed': '没有负载 ρ：到达取决于回答',
    'band.load.at-once': '没有负载 ρ：所有请求同时到达',
    'band.load.few': '没有负载 ρ：请求不足 100 个',
    'band.means': '分位数上的横条和阴影带：把所有步时缩短和延长 {error} 后重新模拟；{error} 是该设备配置误差的 P95。',
    'band.unknown': '没有误差带：该设备的步时误差未知',
    'band.overloaded': '过载：只要请求还在到达，队列就一直增长',
    'band.near': '接近饱和：步时 {error} 的误差放大为 P{rank} {metric} 的 {low} … {high}',
    'band.overloadedGrows': '过载：步时 {error} 的误差放大为 P{rank} {metric} 的 {low} … {high}',
    'band.uneven': '有时饱和：步时 {error} 的误差放大为 P{rank} {metric} 的 {low} … {high}',
    'band.steady': '步时 {error} 的误差仍然很小：至多为 P{rank} {metric} 的 {low} … {high}',
  },
} as const;
