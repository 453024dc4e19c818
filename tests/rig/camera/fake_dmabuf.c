/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fake_dmabuf.so - LD_PRELOAD shim for machines whose kernel has neither
 * /dev/dma_heap/... nor /dev/udmabuf (CI virtual machines).
 *
 * libcamera (DmaBufAllocator) and picamera2 (DmaHeap/DmaAllocator) allocate
 * frame buffers from these devices.  Both only open() the node, ioctl() it,
 * mmap() the returned descriptor and ioctl(DMA_BUF_IOCTL_SYNC) around CPU
 * access; a memfd does all of that but the ioctls, so we answer those here.
 * Works for C++ and for CPython (os.open / fcntl.ioctl go through libc).
 *
 *   cc -O2 -Wall -shared -fPIC -o fake_dmabuf.so fake_dmabuf.c
 *   LD_PRELOAD=$PWD/fake_dmabuf.so python ...
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_heap(const char *path)
{
	return path && (!strncmp(path, "/dev/dma_heap/", 14) ||
			!strcmp(path, "/dev/udmabuf"));
}

static int open_heap(void)
{
	/* Any descriptor will do: the ioctls below never reach the kernel. */
	return (int)syscall(SYS_memfd_create, "fake-dma-heap", MFD_CLOEXEC);
}

static int real_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define OPEN_BODY(dir, extra)                                         \
	mode_t mode = 0;                                              \
	if (flags & (O_CREAT | O_TMPFILE)) {                          \
		va_list ap;                                           \
		va_start(ap, flags);                                  \
		mode = va_arg(ap, mode_t);                            \
		va_end(ap);                                           \
	}                                                             \
	if (is_heap(path))                                            \
		return open_heap();                                   \
	return real_openat(dir, path, flags | (extra), mode);

int open(const char *path, int flags, ...) { OPEN_BODY(AT_FDCWD, 0) }
int open64(const char *path, int flags, ...) { OPEN_BODY(AT_FDCWD, O_LARGEFILE) }
int openat(int dir, const char *path, int flags, ...) { OPEN_BODY(dir, 0) }
int openat64(int dir, const char *path, int flags, ...) { OPEN_BODY(dir, O_LARGEFILE) }

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);
	va_end(ap);

	switch (request & 0xffffffffUL) {
	case DMA_HEAP_IOCTL_ALLOC: {
		struct dma_heap_allocation_data *a = arg;
		long page = sysconf(_SC_PAGESIZE);
		int buf = (int)syscall(SYS_memfd_create, "fake-dmabuf", MFD_CLOEXEC);
		if (buf < 0)
			return -1;
		if (ftruncate(buf, (a->len + page - 1) & ~(page - 1)) < 0) {
			int e = errno;
			close(buf);
			errno = e;
			return -1;
		}
		a->fd = buf;
		return 0;
	}
	case UDMABUF_CREATE: {
		struct udmabuf_create *c = arg;
		return fcntl(c->memfd, F_DUPFD_CLOEXEC, 0);
	}
	case DMA_BUF_IOCTL_SYNC:
	case DMA_BUF_SET_NAME_A:
	case DMA_BUF_SET_NAME_B:
		return 0;
	}
	return (int)syscall(SYS_ioctl, fd, request, arg);
}
