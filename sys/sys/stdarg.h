/* Variable arguments, from the compiler. */

#ifndef _SYS_STDARG_H_
#define _SYS_STDARG_H_

typedef __builtin_va_list va_list;
#define va_start(ap, last) __builtin_va_start((ap), last)
#define va_arg		__builtin_va_arg
#define va_end		__builtin_va_end
#define va_copy		__builtin_va_copy

#endif
