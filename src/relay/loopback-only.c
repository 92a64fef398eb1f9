/*
 * Preloaded (LD_PRELOAD) into live555ProxyServer, which otherwise listens on every address of the
 * machine, without an option to change that and without a password: anyone on the network could
 * watch the camera.
 *
 * Binds all sockets of the program to loopback, UDP too, and refuses its extra ports for RTSP over
 * HTTP. Linked without a C library, so that it loads beside any version that the program uses.
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
		return syscall(SYS_bind, socket, address, length); /* not an internet address */
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

/* Refuses unbound sockets, because listen() would bind them to every address. */
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
