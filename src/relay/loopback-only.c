/*
 * Preloaded (LD_PRELOAD) into live555ProxyServer, which would listen on every address of the machine, has no
 * option to change that and no password, and so would show a camera's picture to the whole network.
 *
 * Whatever it binds, it binds on loopback, its UDP ports too; the ports it takes besides its own, for RTSP over HTTP, are refused.
 * It is linked with no C library, and so loads beside whichever version the program brings along.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refuse(int reason)
{
	errno = reason;
	return -1;
}

static int is_http(in_port_t port)
{
	return port == htons(80) || port == htons(8000) || port == htons(8080);
}

int bind(int socket, const struct sockaddr *address, socklen_t length)
{
	union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } to = { 0 };

	if (length > sizeof to)
		return syscall(SYS_bind, socket, address, length); /* no internet address is that long */
	memcpy(&to, address, length);
	if (to.any.sa_family == AF_INET)
		to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (to.any.sa_family == AF_INET6)
		to.v6.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	else
		return syscall(SYS_bind, socket, address, length);
	/* Both families keep the port in the same place. */
	if (is_http(to.v4.sin_port))
		return refuse(EADDRINUSE);
	return syscall(SYS_bind, socket, &to, length);
}

/* A socket that was never bound would be given every address by listen(). */
int listen(int socket, int backlog)
{
	union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } at = { 0 };
	socklen_t length = sizeof at;

	if (syscall(SYS_getsockname, socket, &at, &length) != 0)
		return -1;
	if (at.any.sa_family != AF_UNIX && at.v4.sin_port == 0)
		return refuse(EADDRNOTAVAIL);
	return syscall(SYS_listen, socket, backlog);
}
