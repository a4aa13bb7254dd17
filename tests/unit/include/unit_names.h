/*
 * Names that the kernel shares with the host's C library: the kernel's get
 * a prefix, so that what the compiler and the sanitizers call is the host's.
 */

#ifndef _UNIT_NAMES_H_
#define _UNIT_NAMES_H_

#define memcpy	kern_memcpy
#define memmove	kern_memmove
#define memset	kern_memset
#define memcmp	kern_memcmp
#define memchr	kern_memchr
#define strlen	kern_strlen
#define strnlen	kern_strnlen
#define strcmp	kern_strcmp
#define strncmp	kern_strncmp
#define strchr	kern_strchr
#define strrchr	kern_strrchr
#define strlcpy	kern_strlcpy
#define strlcat	kern_strlcat
#define snprintf	kern_snprintf
#define vsnprintf	kern_vsnprintf
#define printf	kern_printf
#define vprintf	kern_vprintf

#endif
