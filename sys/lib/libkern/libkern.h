/* Strings, numbers and assertions for the kernel. */

#ifndef _LIB_LIBKERN_LIBKERN_H_
#define _LIB_LIBKERN_LIBKERN_H_

#include <sys/types.h>
#include <sys/stdarg.h>

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memchr(const void *, int, size_t);
size_t strlen(const char *);
size_t strnlen(const char *, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
char *strchr(const char *, int);
char *strrchr(const char *, int);
size_t strlcpy(char *, const char *, size_t);
size_t strlcat(char *, const char *, size_t);

/*
 * strtoi-like: parse a whole string as a number in the given base (0: by
 * prefix).  0, EINVAL (not a number, or junk after it), or ERANGE.
 */
int kstrtou64(const char *, int, uint64_t *);
int kstrtoi64(const char *, int, int64_t *);

int snprintf(char *, size_t, const char *, ...) __printflike(3, 4);
int vsnprintf(char *, size_t, const char *, va_list) __printflike(3, 0);

/* The engine under all of them: put is called once a character. */
int kvprintf(void (*put)(int, void *), void *, const char *, va_list)
    __printflike(3, 0);

static inline int
isdigit(int c)
{
	return c >= '0' && c <= '9';
}
static inline int
isspace(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline int
isprint(int c)
{
	return c >= 0x20 && c < 0x7f;
}
static inline int
isalpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline int
isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}
static inline int
isxdigit(int c)
{
	return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void kern_assert(const char *, ...) __dead __printflike(1, 2);

#define KASSERTMSG(e, msg, ...) \
	(__predict_true((e)) ? (void)0 : \
	    kern_assert("kernel diagnostic assertion \"%s\" failed: " \
		"file \"%s\", line %d " msg, #e, __FILE__, __LINE__, \
		##__VA_ARGS__))
#define KASSERT(e) \
	(__predict_true((e)) ? (void)0 : \
	    kern_assert("kernel diagnostic assertion \"%s\" failed: " \
		"file \"%s\", line %d", #e, __FILE__, __LINE__))

#endif
