/** Names and explaining sentences of knobs, their choices and units, and of the presets (`scenario/registry.ts`, `scenario/presets.ts`). */
export const knobs = {
  en: {
    'group.workload': 'Workload',
    'group.engine': 'Engine',
    'group.memory': 'KV memory',
    'group.hardware': 'Model and GPU',
    'unit.requests/s': 'requests/s',
    'unit.requests.one': 'request',
    'unit.requests.other': 'requests',
    'unit.clients.one': 'client',
    'unit.clients.other': 'clients',
    'unit.users.one': 'user',
    'unit.users.other': 'users',
    'unit.tokens.one': 'token',
    'unit.tokens.other': 'tokens',
    'unit.sequences.one': 'sequence',
    'unit.sequences.other': 'sequences',
    'unit.blocks.one': 'block',
    'unit.blocks.other': 'blocks',
    'unit.share': 'share',
    'unit.ms': 'ms',
    'unit.s': 's',
    'unit.us': 'µs',
    'unit.GiB': 'GiB',
    'unit.MiB': 'MiB',
    'unit.MB': 'MB',
    'unit.none': '',
    'switch.on': 'on',
    'switch.off': 'off',
    'choice.own': 'Your own…',

    'knob.workload.label': 'Workload',
    'knob.workload.help': 'Which requests arrive: when, how long their prompts are, and how many tokens they generate.',
    'knob.engine.label': 'Engine',
    'knob.engine.help':
      'Who decides what each step computes: continuous batching admits a request in any step, a static batch only when the batch before it is done.',
    'knob.memory.label': 'KV memory',
    'knob.memory.help':
      'How a sequence gets room for its keys and values: block by block as it grows, or one piece at once: of the longest possible length, or guessed from its output.',
    'knob.model.label': 'Model',
    'knob.model.help': 'Sets the work of a token and the bytes its keys and values take.',
    'knob.device.label': 'GPU',
    'knob.device.help': 'Sets how long a step takes and how much memory is left for keys and values.',
    'knob.rate.label': 'Request rate',
    'knob.rate.help': 'Mean arrivals a second; the same arrivals are stretched or squeezed in time to reach it.',
    'knob.rate.zero': 'the workload’s own',
    'knob.requests.label': 'Requests',
    'knob.requests.help': 'How many requests are simulated at most.',
    'knob.clients.label': 'Clients',
    'knob.clients.help':
      'Closed loop: each client waits for its answer before it asks again, so a slow engine is asked less often.',
    'knob.clients.zero': 'open loop',
    'knob.max-num-batched-tokens.label': 'Token budget',
    'knob.max-num-batched-tokens.help':
      'Most tokens one step computes. Large: prompts are done sooner, but the decodes beside them wait for the long step.',
    'knob.max-num-seqs.label': 'Seats',
    'knob.max-num-seqs.help': 'Most sequences that run at the same time.',
    'knob.max-model-len.label': 'Longest sequence',
    'knob.max-model-len.help':
      'Prompt and output together; longer requests are refused, and contiguous memory reserves at most this much for each sequence.',
    'knob.max-model-len.zero': 'what the model and the memory allow',
    'knob.enable-chunked-prefill.label': 'Chunked prefill',
    'knob.enable-chunked-prefill.help':
      'A prompt may be computed over several steps, in what the budget leaves; without it a prompt waits until it fits whole.',
    'knob.long-prefill-token-threshold.label': 'Longest prefill chunk',
    'knob.long-prefill-token-threshold.help':
      'One prompt gets at most this many tokens of a step, so that shorter ones get some too.',
    'knob.long-prefill-token-threshold.zero': 'no limit',
    'knob.enable-prefix-caching.label': 'Prefix caching',
    'knob.enable-prefix-caching.help':
      'Blocks of a finished request stay until their room is needed; a prompt that begins equally takes them instead of computing them.',
    'knob.scheduler-reserve-full-isl.label': 'Admit whole prompts only',
    'knob.scheduler-reserve-full-isl.help':
      'A request is admitted only when blocks for its whole prompt are free, although its first chunk needs fewer.',
    'knob.watermark.label': 'Watermark',
    'knob.watermark.help':
      'Share of the blocks that admission leaves free, so that running sequences can grow without preemption.',
    'knob.async-scheduling.label': 'Asynchronous scheduling',
    'knob.async-scheduling.help':
      'The next step is scheduled while the GPU computes this one, so the GPU does not wait for the scheduler.',
    'knob.kv-offloading-size.label': 'Host memory for the prefix cache',
    'knob.kv-offloading-size.help':
      'Cached blocks that lose their room on the GPU go to host memory and come back on a hit; the step that needs them waits for the copy.',
    'knob.kv-offloading-size.zero': 'off',
    'knob.preemption-mode.label': 'On preemption',
    'knob.preemption-mode.help':
      'Whoever loses its blocks computes its keys and values again, or has them copied to host memory and back.',
    'knob.swap-space.label': 'Swap space',
    'knob.swap-space.help':
      'Host memory for the blocks of preempted requests; those that find no room compute everything again.',
    'knob.swap-space.zero': 'none',
    'knob.block-size.label': 'Block size',
    'knob.block-size.help':
      'Tokens of a KV block. Small blocks waste less in the last block of a sequence; large ones need shorter tables.',
    'knob.gpu-memory-utilization.label': 'GPU memory share',
    'knob.gpu-memory-utilization.help':
      'Share of the GPU memory that the engine may use; what weights and activations leave of it holds keys and values.',
    'knob.num-gpu-blocks-override.label': 'KV blocks',
    'knob.num-gpu-blocks-override.help':
      'Number of KV blocks, whatever the memory would hold; one of them is never handed out.',
    'knob.num-gpu-blocks-override.zero': 'from memory',
    'knob.kv-tokens.label': 'KV memory in tokens',
    'knob.kv-tokens.help':
      'Tokens that fit into KV memory, whatever the device would leave for them: the same for every engine, so that engines can be compared.',
    'knob.kv-tokens.zero': 'from memory',
    'knob.batch-size.label': 'Batch size',
    'knob.batch-size.help':
      'Requests of a static batch; it starts when so many wait and ends when the longest of them is done.',
    'knob.batch-timeout-ms.label': 'Batch time-out',
    'knob.batch-timeout-ms.help':
      'How long the first waiting request waits for others before its batch starts unfilled.',
    'knob.batch-timeout-ms.zero': 'start at once',
    'knob.seed.label': 'Seed',
    'knob.seed.help':
      'Another seed gives other arrivals and lengths of the same kind; equal seeds give equal requests whatever the engine does.',

    'choice.workload.long-prompt': 'Chat with one very long prompt',
    'choice.workload.tiny': 'Six small requests',
    'choice.workload.azure-chat': 'Chat (fitted to Azure 2023)',
    'choice.workload.azure-code': 'Code completion (fitted to Azure 2023)',
    'choice.workload.multimodal': 'Questions about images or audio',
    'choice.workload.one-user': 'One person in conversation',
    'choice.workload.batch': 'All at once',
    'choice.workload.lengths': 'Requests of given lengths',
    'choice.workload.sessions': 'Sessions with shared prefixes',
    'choice.workload.trace': 'Your trace',
    'choice.preemption-mode.recompute': 'Compute again',
    'choice.preemption-mode.swap': 'Swap to host memory',
    'choice.memory.paged': 'Paged blocks',
    'choice.memory.contiguous': 'One piece: longest length',
    'choice.memory.contiguous-pow2': 'One piece: next power of two',
    'choice.memory.contiguous-oracle': 'One piece: true length',
    'choice.device.h200': 'NVIDIA H200',
    'choice.device.h100': 'NVIDIA H100',
    'choice.device.a100-80': 'NVIDIA A100 80 GB',
    'choice.device.rtx-4090': 'NVIDIA RTX 4090',
    'choice.device.rtx-pro-6000': 'NVIDIA RTX PRO 6000',
    'choice.device.laptop-gpu': 'Laptop GPU (RTX 4060)',
    'choice.device.apple-m4': 'Apple M4',
    'choice.device.laptop-cpu': 'Laptop CPU',
    'choice.device.phone': 'Phone',
    'choice.device.a100-40': 'NVIDIA A100 40 GB',
    'choice.device.a10g': 'NVIDIA A10G',
    'choice.device.l4': 'NVIDIA L4',
    'choice.device.v100': 'NVIDIA V100',
    'choice.device.this-gpu': 'This computer’s GPU',

    'preset.long-prompt-stall.name': 'One long prompt stalls everybody',
    'preset.long-prompt-stall.see':
      'A prompt of thousands of tokens fills one step; every running answer stands still until that step is done.',
    'preset.long-prompt-stall.try':
      'Lower the token budget to 512: the pause shrinks to a ripple, and the long prompt waits longer for its first token.',
    'preset.tiny-paged.name': 'Six requests in 63 blocks',
    'preset.tiny-paged.see':
      'Four of six requests run, and the 63 blocks fill up; the one admitted last loses its blocks, keeps its output, and comes back.',
    'preset.tiny-paged.try':
      'Give the pool 90 blocks and the preemption disappears; or switch prefix caching on and see how little is computed again.',
    'preset.azure-chat.name': 'An hour of chat',
    'preset.azure-chat.see':
      'An hour shaped like production chat traffic hardly touches this GPU’s memory: about 1 % of the KV pool is in use, and next to no step reaches a limit.',
    'preset.azure-chat.try': 'Raise the request rate until something binds, and see what it is.',
    'preset.azure-chat-x3.name': 'The same chat at three times the rate',
    'preset.azure-chat-x3.see':
      'Prompts arrive together more often, and with a budget of 2,048 tokens a step, one step in fourteen is full: prompts are cut into chunks and wait.',
    'preset.azure-chat-x3.try':
      'Change the token budget: a larger one brings first tokens sooner and makes the longest gaps between tokens longer.',
    'preset.azure-code.name': 'An hour of code completion',
    'preset.azure-code.see':
      'Long prompts come in bursts and want a dozen tokens each: nearly all work is prefill, and one full step holds up every answer for 0.2 s.',
    'preset.azure-code.try':
      'Lower the token budget to 2,048: the longest gaps shrink to a quarter, and the time to first token hardly changes.',
    'preset.static-against-continuous.name': 'Static against continuous batching',
    'preset.static-against-continuous.see':
      'A static batch lasts as long as its longest answer; rows that are done go on computing for nothing. Measured on an H200, with an engine that does not pad: 64 seats filled continuously were 5.8 times as fast as static batches of 8, and 2.3 times as fast as batches of 64.',
    'preset.static-against-continuous.try':
      'Switch the engine to vLLM: a seat that falls free is taken in the next step.',
    'preset.speculation.name': 'Drafts for one, drafts for many',
    'preset.speculation.see':
      'A small model drafts three tokens and the large one verifies them in one step. With one client a step waits for the weights, so four rows cost hardly more than one: answers come 1.4 times as fast.',
    'preset.speculation.try':
      'Raise the clients to 64: now every row costs arithmetic, and the drafts bring nothing. Switch speculation off to compare, or choose the EAGLE-like head, which drafts for less.',
    'preset.flash-attention.name': 'Without FlashAttention',
    'preset.flash-attention.see':
      'The scores of every query with every key are written to memory and read again: the step of the long prompt takes 0.41 s instead of 0.24, and room for the scores, 16 GiB, is missing in the KV pool.',
    'preset.flash-attention.try':
      'Switch FlashAttention on and compare the longest gap; or keep it off and lower the token budget to 512, so that fewer queries have scores at a time.',
    'preset.dynamic-quantisation.name': 'Fewer bits when many wait',
    'preset.dynamic-quantisation.see':
      'At 24 requests a second this GPU just keeps up, and every crowd leaves a queue. With four waiting, the next steps read the weights in fp8 and are half as long, until nobody waits: the slowest first tokens come nearly three times as soon.',
    'preset.dynamic-quantisation.try':
      'Switch dynamic quantisation off to compare. Then choose int4 under load: nothing is gained, because full steps wait for arithmetic and 4-bit weights save only memory traffic.',
    'preset.images.name': 'Four images a question',
    'preset.images.see':
      'The encoder may take one image a step, so prompts stop before their next image and wait for their turn; three of ten images are popular ones, whose embeddings are often still in the encoder cache.',
    'preset.images.try':
      'Set the encoder budget to 0, as vLLM has it: first tokens come sooner, and the longest gaps get three times as long. Or raise the repeated images to 90 %: what is in the cache needs no budget.',
    'preset.phone.name': 'A phone, one person',
    'preset.phone.see':
      'A 3B model with 4-bit weights in 4 GiB of a phone: 23 tokens a second. Each prompt holds all that was said before, but the prefix cache leaves only the new words to compute, and the first token comes in 0.06 s.',
    'preset.phone.try':
      'Switch prefix caching off: the first token takes longer with every turn, 0.8 s on average. Or choose 16-bit weights, and see what does not fit.',
    'preset.shortest-first.name': 'Shortest answers first',
    'preset.shortest-first.see':
      'Chat comes faster than 64 seats can serve it, and whoever has the shortest answer ahead is next. Half of all requests are done within 2.7 s instead of 14 s; the longest starve: one in a hundred takes over two minutes instead of half a minute.',
    'preset.shortest-first.try':
      'Set the queue order to first come, first served, or give the predicted length an error, and see who pays.',
    'preset.learned-lengths.name': 'A queue that learns lengths',
    'preset.learned-lengths.see':
      'The same chat, with lengths predicted from the requests that have finished so far. The mean request takes 11.9 s: 10.6 s with the true lengths, 15.7 s without any.',
    'preset.learned-lengths.try':
      'Compare in “Learned scheduling”. Then choose code completion as workload: its prompts tell next to nothing about its answers, and whoever learns from them loses.',
    'preset.fair-share.name': 'A heavy user and a light one',
    'preset.fair-share.see':
      'Of two users one sends four fifths of the requests, more than there is room for. Whoever was served least is next, so the other’s first tokens take 0.2 s; first come, first served lets both wait for 12 s.',
    'preset.fair-share.try':
      'Set the queue order to first come, first served, and look at the users in “Learned scheduling”.',
    'preset.bandit-budget.name': 'A bandit finds the token budget',
    'preset.bandit-budget.see':
      'Code completion in bursts; a request counts if its first token comes within 1 s and the others every 20 ms. Every 5 s the bandit chooses among 8,192, 2,048 and 512 tokens a step: 85 % of the requests count, 39 % with the engine’s own budget.',
    'preset.bandit-budget.try':
      'Open “Learned scheduling” for its regret against the best fixed budget, which nobody knows beforehand.',
    'preset.published.name': 'A published result',
    'preset.published.see':
      'One side of a comparison that somebody published, with the model, the GPU and the lengths of the publication.',
    'preset.published.try':
      'Change the engine to the other side of the comparison, or open the table of published results.',
    'preset.trace.name': 'Your own trace',
    'preset.trace.see': 'Your requests, with their own arrival times and lengths, as this engine would serve them.',
    'preset.trace.try': 'Set a request rate to stretch or squeeze the arrivals.',

    'binding.never': 'this knob binds in no step',
    'binding.share': 'binds in {share} of the steps',
  },
} as const;
