/*
 * Preloaded (LD_PRELOAD) into live555ProxyServer, which otherwise listens on every address of the
 * machine, without an option to change that and without a password: anyone on the network could
 * watch the camera.
 *
 * Binds all sockets of the program to loopback, UDP too, and refuses its extra ports for RTSP over
 * HTTP. Accepts connections of its own user and of root only, as any user of the machine could watch.
 * Connects to nothing but the port of its camera, which the environment names: the program goes
 * wherever a camera's answers send it, as to the relay of another account.
 *
 * Linked without a C library, so that it loads beside any version that the program uses.
 */
#include <errno.h>
#include <fcntl.h>
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

static char *put_end(char *to, in_port_t port)
{
	static const char digits[] = "0123456789ABCDEF";
	int shift;

	memcpy(to, " 0100007F:", 10);
	to += 10;
	for (shift = 12; shift >= 0; shift -= 4)
		*to++ = digits[ntohs(port) >> shift & 15];
	return to;
}

/* The user in the row of /proc/net/tcp (proc_pid_net(5)) of which this is the end, or -1. */
static long row_user(const char *at, const char *end)
{
	long user = 0;
	int fields;

	for (fields = 0; fields < 4; fields++) {
		while (at < end && *at == ' ')
			at++;
		while (at < end && *at != ' ')
			at++;
	}
	while (at < end && *at == ' ')
		at++;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		user = 10 * user + (*at - '0');
	return at < end && *at == ' ' ? user : -1;
}

/* The user who made a connection from one port of 127.0.0.1 to another, or -1. */
static long user_between(in_port_t from, in_port_t to)
{
	enum { row = 256 };
	char wanted[2 * 15 + 1], text[8192 + row];
	size_t length, kept = 0;
	ssize_t got;
	long user = -1;
	int table = syscall(SYS_openat, AT_FDCWD, "/proc/self/net/tcp", O_RDONLY | O_CLOEXEC);

	length = (size_t)(put_end(put_end(wanted, from), to) - wanted);
	wanted[length++] = ' ';
	while (user < 0 && table >= 0) {
		const char *at = text, *end;

		got = syscall(SYS_read, table, text + kept, sizeof text - kept);
		if (got <= 0)
			break;
		end = text + kept + got;
		for (; user < 0 && at + length <= end; at++)
			if (*at == ' ' && memcmp(at, wanted, length) == 0)
				user = row_user(at + length, end);
		/* A row may go on in what is read next. */
		kept = (size_t)(end - text) < row ? (size_t)(end - text) : row;
		memmove(text, end - kept, kept);
	}
	if (table >= 0)
		syscall(SYS_close, table);
	return user;
}

/* Whether the other end of a connection belongs to our own user or to root. */
static int is_own(int connection)
{
	struct sockaddr_in here = { 0 }, there = { 0 };
	socklen_t here_length = sizeof here, there_length = sizeof there;
	long user = -1;
	int reading;

	if (syscall(SYS_getsockname, connection, &here, &here_length) != 0)
		return 0;
	if (syscall(SYS_getpeername, connection, &there, &there_length) != 0)
		return 0;
	if (there.sin_family != AF_INET || there.sin_addr.s_addr != htonl(INADDR_LOOPBACK))
		return 0;
	/* The kernel does not show its table in one go, so that a row may be missed. */
	for (reading = 0; reading < 3 && user < 0; reading++)
		user = user_between(there.sin_port, here.sin_port);
	return user == 0 || user == (long)syscall(SYS_geteuid);
}

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags)
{
	int connection = syscall(SYS_accept4, socket, address, length, flags);

	if (connection < 0 || is_own(connection))
		return connection;
	syscall(SYS_close, connection);
	/* The program logs any other reason, and who connects again and again would fill its log. */
	return refuse(EWOULDBLOCK);
}

int accept(int socket, struct sockaddr *address, socklen_t *length)
{
	return accept4(socket, address, length, 0);
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
