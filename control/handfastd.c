/* SPDX-License-Identifier: BSD-3-Clause */
/** handfastd: terminates TLS on DPDK ports, with certificates from one central share. */
#include "config.h"
#include "daemon.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define DEFAULT_CONFIG "/etc/handfast/handfast.conf"

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
	"handfastd: terminate TLS on DPDK ports, with certificates from one central share\n"
	"\n"
	"  handfastd [-c FILE]            run until SIGINT or SIGTERM; SIGHUP reads configuration and share again\n"
	"  handfastd [-c FILE] --check    report every problem of the configuration, then exit\n"
	"  handfastd --config-reference   print every option of the configuration (docs/config.md)\n"
	"  handfastd --version | --help\n"
	"\n"
	"  -c, --config FILE  (" DEFAULT_CONFIG ")\n"
	"\n"
	"Exit: 0 stopped on request, configuration OK; 1 it could not start, the configuration is "
	"wrong; 2 wrong usage.\n";

/** No core dump may hold a password or a private key: before the first of them is read. */
static void forbid_dumps(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/** @return the configuration, its problems printed; NULL if there were errors. */
static struct config *load(const char *path)
{
	struct config_problems problems = {0};
	struct config *config = NULL;
	(void)config_load(path, &problems, &config);
	config_problems_print(&problems, stderr);
	config_problems_free(&problems);
	return config;
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'C'}, {"config-reference", no_argument, NULL, 'r'},
		{"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *path = DEFAULT_CONFIG;
	bool check_only = false;
	for (int option; (option = getopt_long(argc, argv, "c:h", known, NULL)) != -1;) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'C':
			check_only = true;
			break;
		case 'r':
			config_write_reference(stdout);
			return EXIT_OK;
		case 'v':
			puts("handfastd " HANDFAST_VERSION);
			return EXIT_OK;
		case 'h':
			fputs(help, stdout);
			return EXIT_OK;
		default:
			fputs("see handfastd --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "handfastd: unexpected argument '%s'; see handfastd --help\n", argv[optind]);
		return EXIT_USAGE;
	}
	forbid_dumps();
	struct config *config = load(path);
	if (!config)
		return EXIT_FAILED;
	int status = EXIT_OK;
	if (check_only)
		printf("%s: configuration OK\n", path);
	else
		status = daemon_run(config);
	config_free(config);
	return status;
}
