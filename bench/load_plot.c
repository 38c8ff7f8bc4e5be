/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The curve is drawn for 10^-(i/STEPS) of the values being longer, down to the last value. */
#define STEPS_PER_DECADE 20
#define MAX_DECADES      6

static const char *terminal_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (dot && strcmp(dot, ".svg") == 0)
		return "svg size 900,540 background 'white'";
	if (dot && strcmp(dot, ".png") == 0)
		return "pngcairo size 900,540";
	return NULL;
}

bool load_plot_check(const char *path, struct load_error *error)
{
	if (!terminal_of(path) || strchr(path, '\''))
		return load_error_set(
			error, "--plot: expected a file name that ends in .svg or .png, found \"%s\"", path);
	/* A command that is constant: nothing from outside reaches the shell. */
	if (system("gnuplot --version >/dev/null 2>&1") != 0) /* NOLINT(cert-env33-c) */
		return load_error_set(error, "--plot: gnuplot is not installed");
	return true;
}

static void write_curve(FILE *out, const struct load_histogram *histogram)
{
	double longer = 1;
	const double factor = 0.8912509381337456; /* 10^(-1/STEPS_PER_DECADE) */
	for (unsigned i = 0; i <= MAX_DECADES * STEPS_PER_DECADE && longer * (double)histogram->total >= 1; i++) {
		fprintf(out, "%.9g %.6f\n", 1 / longer, (double)load_histogram_percentile(histogram, 1 - longer) / 1e6);
		longer *= factor;
	}
	fprintf(out, "%.9g %.6f\ne\n", (double)histogram->total, (double)histogram->max / 1e6);
}

static void write_frame(FILE *out, const char *path, const struct load_result *result)
{
	fprintf(out, "set terminal %s\nset output '%s'\n", terminal_of(path), path);
	fprintf(out,
		"set logscale xy\nset grid\nset key top left\nset xlabel 'percentile'\nset ylabel 'milliseconds'\n");
	fprintf(out, "set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000)\n");
	fprintf(out, "set title '%.0f handshakes per second in %.1f s, %lu errors' noenhanced\n",
		load_result_rate(result), (double)result->window_ns / 1e9, (unsigned long)load_result_errors(result));
}

static void write_curves(FILE *out, const struct load_result *result)
{
	const char *separator = "plot";
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++)
		if (result->phases[phase].total > 0) {
			fprintf(out, "%s '-' with lines linewidth 2 title '%s' noenhanced", separator,
				load_result_phase_name(phase));
			separator = ",";
		}
	fprintf(out, "\n");
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++)
		if (result->phases[phase].total > 0)
			write_curve(out, &result->phases[phase]);
}

bool load_plot_write(const char *path, const struct load_result *result, struct load_error *error)
{
	if (result->phases[LOAD_PHASE_CONNECT].total == 0)
		return load_error_set(error, "--plot: there is nothing to draw");
	FILE *gnuplot = popen("gnuplot", "we"); /* NOLINT(cert-env33-c): the command is constant */
	if (!gnuplot)
		return load_error_set(error, "--plot: gnuplot could not be started");
	write_frame(gnuplot, path, result);
	write_curves(gnuplot, result);
	if (pclose(gnuplot) != 0)
		return load_error_set(error, "--plot: gnuplot could not draw %s", path);
	return true;
}
