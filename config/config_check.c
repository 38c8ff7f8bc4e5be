/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_check.h"

#include "smb_url.h"

#include <string.h>

/* RFC 8200 section 5: every link that carries IPv6 has at least this MTU. */
#define IPV6_MIN_MTU_BYTES 1280
#define TAP_MAX_MTU_BYTES  1500

/* --- where it stands ---------------------------------------------------------------------------------------------- */

/* The same name a million times over is one copy. */
static const char *keep_file_name(struct config_reader *reader, const char *file)
{
	if (reader->last_file != file) {
		reader->last_file = file;
		reader->last_file_copy = config_arena_text(reader->arena, file, strlen(file));
		reader->out_of_memory |= reader->last_file_copy == NULL;
	}
	return reader->last_file_copy;
}

void config_check_note_place(
	struct config_reader *reader, enum config_schema_id id, const config_setting_t *setting, void *base)
{
	struct config_place place = config_reader_place(reader, setting, NULL);
	if (id == CONFIG_SCHEMA_binding) {
		struct config_binding *binding = base;
		binding->source_file = keep_file_name(reader, place.file);
		binding->line = place.line;
	} else if (id == CONFIG_SCHEMA_certificate) {
		struct config_certificate *certificate = base;
		certificate->source_file = keep_file_name(reader, place.file);
		certificate->line = place.line;
	}
}

/* --- one group ---------------------------------------------------------------------------------------------------- */

/* @return the place of a member of a group, or of the group if the member is absent. */
static struct config_place member_place(
	const struct config_reader *reader, const config_setting_t *setting, const struct config_path *path)
{
	const config_setting_t *member = config_setting_get_member(setting, path->key);
	return config_reader_place(reader, member != NULL ? member : setting, path);
}

static bool is_unspecified(const struct ip_address *ip)
{
	static const struct ip_address any_v6;
	static const uint8_t zeros[4];
	return ip_address_equal(ip, &any_v6) || (ip_address_is_v4(ip) && memcmp(&ip->octets[12], zeros, 4) == 0);
}

/* RFC 5771 section 3 and RFC 4291 section 2.7; 240/4 and above goes with it. */
static bool is_unicast(const struct ip_address *ip)
{
	if (is_unspecified(ip))
		return false;
	return ip_address_is_v4(ip) ? ip->octets[12] < 224 : ip->octets[0] != 0xff;
}

static void check_address(struct config_reader *reader, const config_setting_t *setting, const struct config_path *path,
	const struct config_address *address)
{
	char ip[IP_ADDRESS_TEXT_SIZE], gateway[IP_ADDRESS_TEXT_SIZE];
	struct config_path ip_path = {path, "ip", CONFIG_PATH_NO_INDEX};
	struct config_path gateway_path = {path, "gateway", CONFIG_PATH_NO_INDEX};
	if (!is_unicast(&address->ip)) {
		struct config_place place = member_place(reader, setting, &ip_path);
		config_problems_error(reader->problems, &place, "expected an address of one host, found %s",
			ip_address_format(&address->ip, ip));
	}
	if (!address->has_gateway)
		return;
	struct config_place place = member_place(reader, setting, &gateway_path);
	if (!ip_address_same_prefix(&address->ip, &address->gateway, address->prefix_len))
		config_problems_error(reader->problems, &place, "expected an address inside %s/%u, found %s",
			ip_address_format(&address->ip, ip), address->prefix_len,
			ip_address_format(&address->gateway, gateway));
	else if (ip_address_equal(&address->ip, &address->gateway))
		config_problems_error(reader->problems, &place,
			"expected another host's address, found the port's own %s",
			ip_address_format(&address->gateway, gateway));
}

static void check_mtu(struct config_reader *reader, const struct config_place *place, const struct config_port *port)
{
	bool has_v6 = false;
	for (size_t i = 0; i < port->n_addresses; i++)
		has_v6 |= !ip_address_is_v4(&port->addresses[i].ip);
	if (has_v6 && port->mtu_bytes < IPV6_MIN_MTU_BYTES)
		config_problems_error(reader->problems, place,
			"expected at least %d on a port with an IPv6 address, found %u", IPV6_MIN_MTU_BYTES,
			port->mtu_bytes);
	/* DPDK's driver makes its buffers for one Ethernet frame and refuses any larger MTU. */
	if (strncmp(port->device, "net_tap", 7) == 0 && port->mtu_bytes > TAP_MAX_MTU_BYTES)
		config_problems_error(reader->problems, place, "expected at most %d with net_tap, found %u",
			TAP_MAX_MTU_BYTES, port->mtu_bytes);
}

static void check_worker(struct config_reader *reader, const config_setting_t *setting, const struct config_path *path,
	const struct config_worker *worker)
{
	struct config_path lcores_path = {path, "lcores", CONFIG_PATH_NO_INDEX};
	struct config_place place = member_place(reader, setting, &lcores_path);
	if (worker->n_lcores > CONFIG_MAX_WORKERS)
		config_problems_error(reader->problems, &place, "expected at most %d numbers, found %zu",
			CONFIG_MAX_WORKERS, worker->n_lcores);
}

static void check_port(struct config_reader *reader, const config_setting_t *setting, const struct config_path *path,
	const struct config_port *port)
{
	struct config_path mtu_path = {path, "mtu_bytes", CONFIG_PATH_NO_INDEX};
	struct config_place place = member_place(reader, setting, &mtu_path);
	check_mtu(reader, &place, port);
}

static void check_share_url(struct config_reader *reader, const struct config_store *store,
	const struct config_place *path_place, const struct config_place *user_place)
{
	struct smb_url url;
	struct smb_url_user user;
	const char *expected = smb_url_parse(store->physical_path, &url);
	/* A URL may hold a password by mistake: it is not repeated. */
	if (expected != NULL)
		config_problems_error(reader->problems, path_place, "expected %s", expected);
	if (!smb_url_parse_user(store->user_name, &user))
		config_problems_error(
			reader->problems, user_place, "expected user or DOMAIN\\user, found \"%s\"", store->user_name);
}

static void check_store(struct config_reader *reader, const config_setting_t *setting, const struct config_path *path,
	const struct config_store *store)
{
	struct config_path folder_path = {path, "physical_path", CONFIG_PATH_NO_INDEX};
	struct config_path user_path = {path, "user_name", CONFIG_PATH_NO_INDEX};
	struct config_path password_path = {path, "password", CONFIG_PATH_NO_INDEX};
	struct config_place place = member_place(reader, setting, &folder_path);
	if (store->enabled && store->physical_path == NULL)
		config_problems_error(
			reader->problems, &place, "expected the folder of the store, which is enabled, found nothing");
	if (store->physical_path == NULL || !smb_url_is_url(store->physical_path))
		return;
	struct config_place user_place = member_place(reader, setting, &user_path);
	check_share_url(reader, store, &place, &user_place);
	if (store->password == NULL || strlen(store->password) <= SMB_URL_MAX_CREDENTIAL_LEN)
		return;
	struct config_place password_place = member_place(reader, setting, &password_path);
	config_problems_error(reader->problems, &password_place, "expected at most %d octets for an smb:// share",
		SMB_URL_MAX_CREDENTIAL_LEN);
}

void config_check_group(struct config_reader *reader, enum config_schema_id id, const config_setting_t *setting,
	const struct config_path *path, const void *base)
{
	if (id == CONFIG_SCHEMA_worker)
		check_worker(reader, setting, path, base);
	else if (id == CONFIG_SCHEMA_address)
		check_address(reader, setting, path, base);
	else if (id == CONFIG_SCHEMA_port)
		check_port(reader, setting, path, base);
	else if (id == CONFIG_SCHEMA_store)
		check_store(reader, setting, path, base);
}

/* --- all ports ---------------------------------------------------------------------------------------------------- */

static void check_device(struct config_reader *reader, const config_setting_t *ports, size_t index)
{
	const struct config *config = reader->config;
	const char *device = config->ports[index].device;
	for (size_t i = 0; i < index && device != NULL; i++) {
		if (config->ports[i].device == NULL || strcmp(config->ports[i].device, device) != 0)
			continue;
		struct config_path port_path = {NULL, "ports", index};
		struct config_path path = {&port_path, "device", CONFIG_PATH_NO_INDEX};
		struct config_place place =
			member_place(reader, config_setting_get_elem(ports, (unsigned)index), &path);
		config_problems_error(reader->problems, &place,
			"expected each device once, found \"%s\" again, as of ports[%zu]", device, i);
		return;
	}
}

/* One address on two ports, or twice on one, in whatever VLAN: bindings name it by itself, so it must be one place. */
static bool find_address(const struct config *config, size_t port, size_t index, size_t *out_port, size_t *out_index)
{
	const struct config_address *wanted = &config->ports[port].addresses[index];
	for (size_t p = 0; p <= port; p++) {
		size_t end = p == port ? index : config->ports[p].n_addresses;
		for (size_t i = 0; i < end; i++) {
			if (!ip_address_equal(&config->ports[p].addresses[i].ip, &wanted->ip))
				continue;
			*out_port = p;
			*out_index = i;
			return true;
		}
	}
	return false;
}

static void check_addresses(struct config_reader *reader, const config_setting_t *ports, size_t port)
{
	const struct config *config = reader->config;
	const config_setting_t *setting = config_setting_get_elem(ports, (unsigned)port);
	const config_setting_t *addresses = config_setting_get_member(setting, "addresses");
	for (size_t i = 0; i < config->ports[port].n_addresses; i++) {
		size_t other_port, other;
		char text[IP_ADDRESS_TEXT_SIZE];
		if (is_unspecified(&config->ports[port].addresses[i].ip) ||
			!find_address(config, port, i, &other_port, &other))
			continue;
		struct config_path port_path = {NULL, "ports", port};
		struct config_path address_path = {&port_path, "addresses", i};
		struct config_path path = {&address_path, "ip", CONFIG_PATH_NO_INDEX};
		struct config_place place =
			member_place(reader, config_setting_get_elem(addresses, (unsigned)i), &path);
		config_problems_error(reader->problems, &place,
			"expected each address once, found %s again, as of ports[%zu].addresses[%zu]",
			ip_address_format(&config->ports[port].addresses[i].ip, text), other_port, other);
	}
}

void config_check_ports(struct config_reader *reader, const config_setting_t *root)
{
	const config_setting_t *ports = config_setting_get_member(root, "ports");
	for (size_t i = 0; i < reader->config->n_ports; i++) {
		check_device(reader, ports, i);
		check_addresses(reader, ports, i);
	}
}
