// Every source of this folder is compiled twice: for a GPU by the CUDA compiler (its plain C++ by the C++ compiler),
// and for the emulated GPU by the C++ compiler alone. Each has a namespace of its own, so that one program can have
// both.
#pragma once

#if defined(ATTNSCOPE_EMULATED_GPU)
#define ATTNSCOPE_GPU emulated_gpu
#else
#define ATTNSCOPE_GPU gpu
#endif
