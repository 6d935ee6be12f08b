// What CPUs and GPUs run alike.
#pragma once

#ifdef __CUDACC__
#define OSU_ANYWHERE __host__ __device__
#else
#define OSU_ANYWHERE
#endif
