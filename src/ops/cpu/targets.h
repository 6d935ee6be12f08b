// Which instruction sets Highway compiles for, included before its headers: the baseline, AVX2 and AVX-512.
#pragma once

#define HWY_DISABLED_TARGETS HWY_SSE4
