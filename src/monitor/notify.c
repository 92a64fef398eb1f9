/*
 * Sends one datagram to a Unix socket, which Node.js can't do by itself, and which is how a service
 * talks to systemd (sd_notify(3)).
 *
 * Of Node-API, whose binary interface stays the same over all versions of Node.js, only what is used
 * here is declared, so that no headers are needed to compile it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct env *napi_env;
typedef struct value *napi_value;
typedef struct info *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

/* The result is 0 if it went well. */
extern int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
extern int napi_get_value_string_utf8(napi_env, napi_value, char *, size_t, size_t *);
extern int napi_create_int32(napi_env, int32_t, napi_value *);

static int send_datagram(const char *path, size_t path_length, const char *text, size_t length)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int number = 0, descriptor;

	if (path_length == 0 || path_length >= sizeof to.sun_path)
		return EINVAL;
	memcpy(to.sun_path, path, path_length);
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* in the abstract namespace */
	descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return errno;
	/* Without waiting: a service manager that is busy must not stop the event loop. */
	if (sendto(descriptor, text, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
		   offsetof(struct sockaddr_un, sun_path) + path_length) < 0)
		number = errno;
	close(descriptor);
	return number;
}

/* send(path, text): the number of the error, or 0. */
static napi_value send_text(napi_env env, napi_callback_info info)
{
	char path[128], text[2048];
	size_t count = 2, path_length = 0, length = 0;
	napi_value arguments[2], result = NULL;
	int number = EINVAL;

	if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == 0 && count == 2 &&
	    napi_get_value_string_utf8(env, arguments[0], path, sizeof path, &path_length) == 0 &&
	    napi_get_value_string_utf8(env, arguments[1], text, sizeof text, &length) == 0)
		number = send_datagram(path, path_length, text, length);
	napi_create_int32(env, number, &result);
	return result;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports)
{
	napi_value function = exports;

	napi_create_function(env, "send", 4, send_text, NULL, &function);
	return function;
}
