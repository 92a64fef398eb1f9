/*
 * Preloaded (LD_PRELOAD) into live555ProxyServer, which otherwise listens on every address of the
 * machine, without an option to change that and without a password: anyone on the network could
 * watch the camera.
 *
 * Binds all sockets of the program to loopback, UDP too, and refuses its extra ports for RTSP over
 * HTTP. Connects to nothing but the port of its camera, which the environment names: the program goes
 * wherever a camera's answers send it, as to the relay of another account.
 *
 * Linked without a C library, so that it loads beside any version that the program uses.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
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

	/* The kernel takes internet addresses with anything behind them, too. */
	memcpy(&to, address, length < sizeof to ? length : sizeof to);
	if (to.any.sa_family == AF_INET)
		to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (to.any.sa_family == AF_INET6)
		to.v6.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	else
		return syscall(SYS_bind, socket, address, length);
	/* Both families keep the port in the same place. */
	if (is_http(to.v4.sin_port))
		return refuse(EADDRINUSE);
	return syscall(SYS_bind, socket, &to, length < sizeof to ? length : sizeof to);
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

/* Whether a port of 127.0.0.1 leads to the camera, or, separated by commas, the cameras. */
static int is_camera(in_port_t port)
{
	const char *text = getenv("RELAY_CAMERA_PORT");
	unsigned named = 0;

	for (; text; text++) {
		if (*text >= '0' && *text <= '9') {
			named = (10 * named + (unsigned)(*text - '0')) % (1 << 20);
			continue;
		}
		if (named == ntohs(port) && named != 0)
			return 1;
		if (*text == '\0')
			break;
		named = 0;
	}
	return 0;
}

int connect(int socket, const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_in to;

	if (length < sizeof to)
		return refuse(EACCES);
	memcpy(&to, address, sizeof to);
	if (to.sin_family != AF_INET || to.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		return refuse(EACCES);
	if (!is_camera(to.sin_port))
		return refuse(EACCES);
	return syscall(SYS_connect, socket, &to, sizeof to);
}

static int is_loopback(const struct sockaddr *address, socklen_t length)
{
	union { struct sockaddr_in v4; struct sockaddr_in6 v6; } to = { 0 };

	memcpy(&to, address, length < sizeof to ? length : sizeof to);
	if (to.v4.sin_family == AF_INET)
		return to.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
	return to.v4.sin_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&to.v6.sin6_addr);
}

/* Datagrams go to readers on this machine only. */
ssize_t sendto(int socket, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length)
{
	if (address && !is_loopback(address, length))
		return refuse(EACCES);
	return syscall(SYS_sendto, socket, data, size, flags, address, length);
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
	if (message->msg_name && !is_loopback(message->msg_name, message->msg_namelen))
		return refuse(EACCES);
	return syscall(SYS_sendmsg, socket, message, flags);
}
