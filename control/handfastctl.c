/* SPDX-License-Identifier: BSD-3-Clause */
/** handfastctl: asks a running handfastd over its control socket. */
#include "ctl_client.h"
#include "ctl_print.h"
#include "ctl_table.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SOCKET "/run/handfast/control.sock"

enum { EXIT_OK = 0, EXIT_NEGATIVE = 1, EXIT_USAGE = 2 };

static const char help[] =
	"handfastctl: ask a running handfastd\n"
	"\n"
	"  handfastctl [options] show certs [--group GROUP] [--host GLOB] [--limit N]\n"
	"  handfastctl [options] show bindings\n"
	"  handfastctl [options] show connections\n"
	"  handfastctl [options] show share\n"
	"  handfastctl [options] stats [--all]\n"
	"  handfastctl [options] explain IP PORT [NAME]   which certificate a client gets there, and why\n"
	"  handfastctl [options] refresh [NAME]           look at the share now, and read NAME's file again\n"
	"  handfastctl [options] reload                   read the configuration again\n"
	"  handfastctl [options] lint                     what is doubtful about the files on the share\n"
	"\n"
	"  -s, --socket PATH  control socket of the daemon (" DEFAULT_SOCKET ")\n"
	"  --json             print the daemon's answer as it is\n"
	"  --group GROUP      expired, tomorrow, this-week, next-week, next-month, later\n"
	"  --host GLOB        only names that match, such as '*.example.com'\n"
	"  --limit N          rows at most\n"
	"  --all              counters that are zero too\n"
	"  --version, --help\n"
	"\n"
	"Exit: 0 done; 1 the answer is negative (no certificate, refresh or reload failed, lint found something);\n"
	"2 wrong usage, or the daemon does not answer.\n";

struct options {
	const char *socket;
	bool json, all;
	const char *group, *host;
	long limit; /* -1: not given */
};

static int usage_error(const char *text)
{
	fprintf(stderr, "handfastctl: %s; see handfastctl --help\n", text);
	return EXIT_USAGE;
}

/* Returns an exit code, or -1 to go on. */
static int read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'}, {"group", required_argument, NULL, 'g'},
		{"host", required_argument, NULL, 'H'}, {"limit", required_argument, NULL, 'l'},
		{"all", no_argument, NULL, 'a'}, {"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'},
		{0}};
	char *end;
	*options = (struct options){.socket = DEFAULT_SOCKET, .limit = -1};
	for (int option; (option = getopt_long(argc, argv, "s:h", known, NULL)) != -1;) {
		switch (option) {
		case 's':
			options->socket = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'g':
			options->group = optarg;
			break;
		case 'H':
			options->host = optarg;
			break;
		case 'l':
			options->limit = strtol(optarg, &end, 10);
			if (*optarg == '\0' || *end != '\0' || options->limit < 0)
				return usage_error("--limit wants a number");
			break;
		case 'a':
			options->all = true;
			break;
		case 'v':
			puts("handfastctl " HANDFAST_VERSION);
			return EXIT_OK;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			return usage_error("unknown option");
		}
	}
	return -1;
}

static json_t *request_show(int n, char **words, const struct options *options)
{
	if (n != 2)
		return NULL;
	json_t *request = json_pack("{s:s++}", "command", "show", " ", words[1]);
	if (options->group != NULL)
		json_object_set_new(request, "group", json_string(options->group));
	if (options->host != NULL)
		json_object_set_new(request, "host", json_string(options->host));
	if (options->limit >= 0)
		json_object_set_new(request, "limit", json_integer(options->limit));
	return request;
}

static json_t *request_explain(int n, char **words, const struct options *options)
{
	char *end;
	(void)options;
	if (n < 3 || n > 4)
		return NULL;
	long port = strtol(words[2], &end, 10);
	if (*words[2] == '\0' || *end != '\0')
		return NULL;
	return json_pack("{s:s, s:s, s:I, s:s*}", "command", "explain", "ip", words[1], "port", (json_int_t)port,
		"name", n == 4 ? words[3] : NULL);
}

static json_t *request_refresh(int n, char **words, const struct options *options)
{
	(void)options;
	return n > 2 ? NULL : json_pack("{s:s, s:s*}", "command", "refresh", "name", n == 2 ? words[1] : NULL);
}

static json_t *request_bare(int n, char **words, const struct options *options)
{
	(void)options;
	return n > 1 ? NULL : json_pack("{s:s}", "command", words[0]);
}

/* What was expected and what was found. */
static void refuse_words(const char *expected, int n, char **words)
{
	fprintf(stderr, "handfastctl: expected %s, found ", expected);
	for (int i = 0; i < n; i++) {
		fputs(i > 0 ? " " : "", stderr);
		ctl_table_print_text(words[i], stderr);
	}
	fputs(n == 0 ? "no command; see handfastctl --help\n" : "; see handfastctl --help\n", stderr);
}

/* The request that the words of the command line stand for; NULL, with a message, if they stand for none. */
static json_t *make_request(int n, char **words, const struct options *options)
{
	static const struct {
		const char *word, *form;
		json_t *(*make)(int n, char **words, const struct options *options);
	} makers[] = {
		{"show", "show certs, show bindings, show connections or show share", request_show},
		{"explain", "explain IP PORT [NAME]", request_explain},
		{"refresh", "refresh [NAME]", request_refresh},
		{"reload", "reload alone", request_bare},
		{"stats", "stats alone", request_bare},
		{"lint", "lint alone", request_bare},
	};
	for (size_t i = 0; n > 0 && i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (strcmp(makers[i].word, words[0]) != 0)
			continue;
		json_t *request = makers[i].make(n, words, options);
		if (request == NULL)
			refuse_words(makers[i].form, n, words);
		return request;
	}
	refuse_words("show, explain, refresh, reload, stats or lint", n, words);
	return NULL;
}

static bool is_negative(const json_t *answer)
{
	const json_t *found = json_object_get(answer, "found");
	return json_is_false(found) || json_array_size(json_object_get(answer, "findings")) > 0;
}

static int print_answer(const json_t *request, const json_t *answer, const struct options *options)
{
	bool ok = json_is_true(json_object_get(answer, "ok"));
	const char *error = json_string_value(json_object_get(answer, "error"));
	if (options->json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (!ok) {
		fprintf(stderr, "handfastctl: %s\n", error != NULL ? error : "handfastd refused the request");
		ctl_print_problems(answer, stderr);
	} else {
		ctl_print_answer(json_string_value(json_object_get(request, "command")), answer, options->all, stdout);
	}
	return !ok || is_negative(answer) ? EXIT_NEGATIVE : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options options;
	char error[512];
	int code = read_options(argc, argv, &options);
	if (code >= 0)
		return code;
	json_t *request = make_request(argc - optind, argv + optind, &options);
	if (request == NULL)
		return EXIT_USAGE;
	json_t *answer = ctl_client_ask(options.socket, request, error, sizeof(error));
	if (answer == NULL) {
		fprintf(stderr, "handfastctl: %s\n", error);
		code = EXIT_USAGE;
	} else {
		code = print_answer(request, answer, &options);
	}
	json_decref(request);
	json_decref(answer);
	return code;
}
