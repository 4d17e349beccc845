/** What there is to see in each preset and what to try, loaded with the paragraph that says it (`scenario/presets.ts`). */
export const presetSentences = {
  en: {
    'preset.long-prompt-stall.see':
      'A prompt of thousands of tokens fills one step; every running answer stands still until that step is done.',
    'preset.long-prompt-stall.try':
      'Lower the token budget to 512: the pause shrinks to a ripple, and the long prompt waits longer for its first token.',
    'preset.tiny-paged.see':
      'Four of six requests run, and the 63 blocks fill up; the one admitted last loses its blocks, keeps its output, and comes back.',
    'preset.tiny-paged.try':
      'Give the pool 90 blocks and the preemption disappears; or switch prefix caching on and see how little is computed again.',
    'preset.azure-chat.see':
      'An hour shaped like production chat traffic hardly touches this GPU’s memory: about 1 % of the KV pool is in use, and next to no step reaches a limit.',
    'preset.azure-chat.try': 'Raise the request rate until something binds, and see what it is.',
    'preset.azure-chat-x3.see':
      'Prompts arrive together more often, and with a budget of 2,048 tokens a step, one step in fourteen is full: prompts are cut into chunks and wait.',
    'preset.azure-chat-x3.try':
      'Change the token budget: a larger one brings first tokens sooner and makes the longest gaps between tokens longer.',
    'preset.azure-code.see':
      'Long prompts come in bursts and want a dozen tokens each: nearly all work is prefill, and one full step holds up every answer for 0.2 s.',
    'preset.azure-code.try':
      'Lower the token budget to 2,048: the longest gaps shrink to a quarter, and the time to first token hardly changes.',
    'preset.static-against-continuous.see':
      'A static batch lasts as long as its longest answer; rows that are done go on computing for nothing. Measured on an H200, with an engine that does not pad: 64 seats filled continuously were 5.8 times as fast as static batches of 8, and 2.3 times as fast as batches of 64.',
    'preset.static-against-continuous.try':
      'Switch the engine to vLLM: a seat that falls free is taken in the next step.',
    'preset.speculation.see':
      'A small model drafts three tokens and the large one verifies them in one step. With one client a step waits for the weights, so four rows cost hardly more than one: answers come 1.4 times as fast.',
    'preset.speculation.try':
      'Raise the clients to 64: now every row costs arithmetic, and the drafts bring nothing. Switch speculation off to compare, or choose the EAGLE-like head, which drafts for less.',
    'preset.flash-attention.see':
      'The scores of every query with every key are written to memory and read again: the step of the long prompt takes 0.41 s instead of 0.24, and room for the scores, 16 GiB, is missing in the KV pool.',
    'preset.flash-attention.try':
      'Switch FlashAttention on and compare the longest gap; or keep it off and lower the token budget to 512, so that fewer queries have scores at a time.',
    'preset.dynamic-quantisation.see':
      'At 24 requests a second this GPU just keeps up, and every crowd leaves a queue. With four waiting, the next steps read the weights in fp8 and are half as long, until nobody waits: the slowest first tokens come nearly three times as soon.',
    'preset.dynamic-quantisation.try':
      'Switch dynamic quantisation off to compare. Then choose int4 under load: nothing is gained, because full steps wait for arithmetic and 4-bit weights save only memory traffic.',
    'preset.images.see':
      'The encoder may take one image a step, so prompts stop before their next image and wait for their turn; three of ten images are popular ones, whose embeddings are often still in the encoder cache.',
    'preset.images.try':
      'Set the encoder budget to 0, as vLLM has it: first tokens come sooner, and the longest gaps get three times as long. Or raise the repeated images to 90 %: what is in the cache needs no budget.',
    'preset.phone.see':
      'A 3B model with 4-bit weights in 4 GiB of a phone: 23 tokens a second. Each prompt holds all that was said before, but the prefix cache leaves only the new words to compute, and the first token comes in 0.06 s.',
    'preset.phone.try':
      'Switch prefix caching off: the first token takes longer with every turn, 0.8 s on average. Or choose 16-bit weights, and see what does not fit.',
    'preset.shortest-first.see':
      'Chat comes faster than 64 seats can serve it, and whoever has the shortest answer ahead is next. Half of all requests are done within 2.7 s instead of 14 s; the longest starve: one in a hundred takes over two minutes instead of half a minute.',
    'preset.shortest-first.try':
      'Set the queue order to first come, first served, or give the predicted length an error, and see who pays.',
    'preset.learned-lengths.see':
      'The same chat, with lengths predicted from the requests that have finished so far. The mean request takes 11.9 s: 10.6 s with the true lengths, 15.7 s without any.',
    'preset.learned-lengths.try':
      'Compare in “Learned scheduling”. Then choose code completion as workload: its prompts tell next to nothing about its answers, and whoever learns from them loses.',
    'preset.fair-share.see':
      'Of two users one sends four fifths of the requests, more than there is room for. Whoever was served least is next, so the other’s first tokens take 0.2 s; first come, first served lets both wait for 12 s.',
    'preset.fair-share.try':
      'Set the queue order to first come, first served, and look at the users in “Learned scheduling”.',
    'preset.bandit-budget.see':
      'Code completion in bursts; a request counts if its first token comes within 1 s and the others every 20 ms. Every 5 s the bandit chooses among 8,192, 2,048 and 512 tokens a step: 85 % of the requests count, 39 % with the engine’s own budget.',
    'preset.bandit-budget.try':
      'Open “Learned scheduling” for its regret against the best fixed budget, which nobody knows beforehand.',
    'preset.four-replicas.see':
      '40 requests a second for four engines, behind a router that counts waiting requests alone, as one of Vidur’s does. Nobody waits, so all look equal and the first is taken: it gets 1,752 of 3,000 requests, the last one 41.',
    'preset.four-replicas.try':
      'Choose the router that counts running requests as well: each gets about 750, and the median time of a token falls from 18.0 to 6.7 ms.',
    'preset.distserve.see':
      '60 chats a second on four GPUs: two compute prompts, two generate, and the KV is pulled over NVLink when a prompt is done. No prompt stands in the way of an answer: 99 % of them take at most 10 ms a token; 15 ms where every GPU does both.',
    'preset.distserve.try':
      'Let no replica prefill alone and compare. Then choose Ethernet at 25 Gb/s as link: prompts wait to be handed over, and the median time of a token is 37 ms instead of 8.',
    'preset.splitwise.see':
      'Three GPUs compute the prompts of code completion, one generates. Over 100 Gb/s the KV leaves layer by layer, while the next layers are computed, and is there when the prompt is done: 99 % of the answers take at most 10 ms a token. Its pool that does both when one side is short is off; the knob “Mixed pool from” turns it on.',
    'preset.splitwise.try':
      'Let the KV leave when the prompt is done: for short answers the wait is most of the time, 94 ms a token.',
    'preset.mooncake.see':
      'Conversations on two GPUs that prefill and two that generate. The router estimates where the first token comes soonest, by what is cached there and what waits: 85 % of the prompt tokens are found, and half of the first tokens come within 0.12 s. Requests with more than 20,000 tokens ahead of them are turned away: 61 of 1,800.',
    'preset.mooncake.try':
      'Choose the router that takes turns: 75 % are found, first tokens take 0.22 s, and 94 are turned away.',
    'preset.many-gpus.see':
      'Llama-3.1-70B on eight A100, two sharing each layer, in four stages. A batch with long prompts holds up those behind it: 48 % of the stages’ time is bubbles.',
    'preset.many-gpus.try':
      'Lower the token budget to 512: batches become alike, bubbles shrink to 19 %, and a token comes nearly twice as soon. Or give all eight GPUs to tensor parallelism.',
    'preset.published.see':
      'One side of a comparison that somebody published, with the model, the GPU and the lengths of the publication.',
    'preset.published.try':
      'Change the engine to the other side of the comparison, or open the table of published results.',
    'preset.trace.see': 'Your requests, with their own arrival times and lengths, as this engine would serve them.',
    'preset.trace.try': 'Set a request rate to stretch or squeeze the arrivals.',
  },
  zh: {
    'preset.long-prompt-stall.see': '一个数千 token 的提示占满一步；所有正在生成的回答都停住，直到这一步结束。',
    'preset.long-prompt-stall.try': '把 token 预算降到 512：停顿变成小波动，而长提示的首 token 来得更晚。',
    'preset.tiny-paged.see':
      '六个请求中四个在运行，63 个块逐渐用满；最后被接纳的请求失去它的块，但保留输出，稍后恢复。',
    'preset.tiny-paged.try': '给池 90 个块，抢占就会消失；或打开前缀缓存，看重新计算的部分有多小。',
    'preset.azure-chat.see':
      '与生产聊天流量相似的一小时几乎不占用这块 GPU 的显存：KV 池约用 1 %，几乎没有一步触及限制。',
    'preset.azure-chat.try': '提高请求速率直到出现瓶颈，看看是哪一个。',
    'preset.azure-chat-x3.see':
      '提示更常同时到达；每步预算为 2,048 个 token 时，约十四步中有一步用满：提示被切块并等待。',
    'preset.azure-chat-x3.try': '改变 token 预算：预算越大，首 token 来得越早，而最长的 token 间隔越长。',
    'preset.azure-code.see':
      '长提示成批到达，每个只要十几个 token：几乎全是预填充，而一个满步会让所有回答停顿 0.2 秒。',
    'preset.azure-code.try': '把 token 预算降到 2,048：最长的间隔缩到四分之一，而首 token 时间几乎不变。',
    'preset.static-against-continuous.see':
      '静态批持续到最长的回答结束；已经结束的行继续做无用计算。在一块 H200 上用不填充的引擎实测：64 个席位连续批处理比批大小 8 的静态批快 5.8 倍，比批大小 64 快 2.3 倍。',
    'preset.static-against-continuous.try': '把引擎换成 vLLM：空出的席位下一步就被占用。',
    'preset.speculation.see':
      '小模型起草三个 token，大模型在一步中验证。只有一个客户端时，每一步都在等权重，四行的代价与一行几乎相同：回答快 1.4 倍。',
    'preset.speculation.try':
      '把客户端数升到 64：这时每一行都要计算，草稿毫无收益。关闭推测解码作对比，或选择起草更省的类 EAGLE 头。',
    'preset.flash-attention.see':
      '每个查询与每个键的得分都写入显存再读回：长提示的那一步用 0.41 秒而不是 0.24 秒，得分所占的 16 GiB 也从 KV 池中扣除。',
    'preset.flash-attention.try':
      '打开 FlashAttention，比较最长的间隔；或保持关闭而把 token 预算降到 512，使同时有得分的查询更少。',
    'preset.dynamic-quantisation.see':
      '每秒 24 个请求时这块 GPU 刚好跟得上，每次拥挤都会排队。有四个请求等待时，接下来的步骤读取 fp8 权重，时长减半，直到无人等待：最慢的首 token 提前到近三分之一。',
    'preset.dynamic-quantisation.try':
      '关闭动态量化作对比。再把高负载时的权重选为 int4：毫无收益，因为满步受限于计算，而 4 位权重只省访存。',
    'preset.images.see':
      '编码器每步只能处理一张图，提示停在下一张图之前等待；十张图中有三张是热门图像，其嵌入常常仍在编码器缓存中。',
    'preset.images.try':
      '把编码器预算设为 0（vLLM 的默认）：首 token 更早，而最长的间隔变为三倍。或把重复图像升到 90 %：缓存中已有的不占预算。',
    'preset.phone.see':
      '手机的 4 GiB 内存中运行 4 位权重的 3B 模型：每秒 23 个 token。每个提示包含之前的全部对话，但前缀缓存只留下新的词要计算，首 token 仅需 0.06 秒。',
    'preset.phone.try': '关闭前缀缓存：首 token 逐轮变慢，平均 0.8 秒。或选择 16 位权重，看什么放不下。',
    'preset.shortest-first.see':
      '聊天请求来得比 64 个席位能服务的更快，剩余回答最短的排在最前。一半请求在 2.7 秒内完成，而不是 14 秒；最长的却在挨饿：百分之一的请求要两分多钟，而不是半分钟。',
    'preset.shortest-first.try': '把排队次序改为先来先服务，或给长度预测加上误差，看看由谁付出代价。',
    'preset.learned-lengths.see':
      '同样的聊天，长度由已完成的请求学习预测。平均每个请求 11.9 秒：知道真实长度时为 10.6 秒，不预测时为 15.7 秒。',
    'preset.learned-lengths.try':
      '在“学习型调度”中比较。然后把负载换成代码补全：其提示几乎不透露回答的长度，据此学习反而更差。',
    'preset.fair-share.see':
      '两个用户中一个发出五分之四的请求，超出容量。得到服务最少的用户排在最前，因此另一个用户的首 token 只需 0.2 秒；先来先服务则让两者都等 12 秒。',
    'preset.fair-share.try': '把排队次序改为先来先服务，再看“学习型调度”中的各用户。',
    'preset.bandit-budget.see':
      '成批到来的代码补全；首 token 在 1 秒内、其余每 20 毫秒一个的请求才算数。赌博机每 5 秒在每步 8,192、2,048 和 512 个 token 之间选择：85 % 的请求算数，而引擎自身的预算只有 39 %。',
    'preset.bandit-budget.try': '打开“学习型调度”，看它相对最佳固定预算的遗憾值，而最佳预算事先无人知道。',
    'preset.four-replicas.see':
      '每秒 40 个请求，四个引擎；路由器只统计等待的请求，如 Vidur 的一种。无人等待时四个看起来相同，总是选第一个：它得到 3,000 个请求中的 1,752 个，最后一个只有 41 个。',
    'preset.four-replicas.try':
      '改用同时统计运行请求的路由器：各得约 750 个，每 token 时间的中位数从 18.0 毫秒降到 6.7 毫秒。',
    'preset.distserve.see':
      '四张 GPU，每秒 60 个聊天请求：两张算提示，两张生成，提示算完后经 NVLink 拉取 KV。没有提示挡住回答：99 % 的回答每 token 不超过 10 毫秒；每张 GPU 都做两个阶段时为 15 毫秒。',
    'preset.distserve.try':
      '把预填充副本数设为 0 作对比。再把链路换成 25 Gb/s 以太网：提示要等待交接，每 token 时间的中位数从 8 毫秒变为 37 毫秒。',
    'preset.splitwise.see':
      '三张 GPU 计算代码补全的提示，一张生成。KV 经 100 Gb/s 逐层发出，与后续层的计算重叠，提示算完时已经到达：99 % 的回答每 token 不超过 10 毫秒。一侧不足时两者都做的混合池未启用，可用“混合池阈值”开启。',
    'preset.splitwise.try': '改为提示算完后再发出 KV：回答很短，等待占了大部分时间，达到每 token 94 毫秒。',
    'preset.mooncake.see':
      '对话，两张 GPU 预填充，两张生成。路由器根据各处的缓存与排队估计首 token 在哪里最早：85 % 的提示 token 命中，半数首 token 在 0.12 秒内。前方超过 20,000 个 token 的请求被拒绝：1,800 个中有 61 个。',
    'preset.mooncake.try': '改用轮询路由：命中 75 %，首 token 为 0.22 秒，拒绝 94 个。',
    'preset.many-gpus.see':
      '八张 A100 上的 Llama-3.1-70B，每两张分担一层，共四级。带长提示的批会挡住后面的批：各级 48 % 的时间是气泡。',
    'preset.many-gpus.try':
      '把 token 预算降到 512：各批趋于一致，气泡减到 19 %，每 token 快近一倍。或把八张 GPU 全用于张量并行。',
    'preset.published.see': '某项已发表对比中的一方，使用发表时的模型、GPU 和长度分布。',
    'preset.published.try': '把引擎换成对比的另一方，或打开已发表结果的表格。',
    'preset.trace.see': '你的请求，按其自身的到达时间和长度，由这个引擎服务会怎样。',
    'preset.trace.try': '设定请求速率以拉长或压缩到达。',
  },
} as const;
