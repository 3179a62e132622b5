// SPDX-License-Identifier: GPL-2.0
/* What a VMM has to say of a device besides its stream, on its way to the module and out of it. */
#include "error.h"
#include "json.h"
#include "served.h"

/**
 * served_take_trailer() - give the module what a source's VMM says of a device
 * @served: the VMM, and its message
 * @id: the device
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_take_trailer(struct served *served, uint32_t id)
{
	const struct packet *packet = &served->packet;
	const char *name = served->session.devices[id].now.name;

	if (!packet->bytes)
		return fail("'trailer' of device '%s' comes without a trailer", name);
	/* Its end may be on its way. */
	if (served->devices[id].final)
		return fail("'trailer' after 'final' of device '%s'", name);
	return mux_device_set_trailer(&served->session.mux, served->session.now.id, id, packet->bytes, packet->length);
}

/**
 * served_tell_trailer() - tell a destination's VMM what the source's has said of a device
 * @served: the VMM, and its message
 * @id: the device
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_tell_trailer(struct served *served, uint32_t id)
{
	const struct mux_device *device = &served->session.devices[id].now;
	struct json_object *message;
	struct mux_trailer trailer;

	if (served->packet.bytes)
		return fail("'trailer' of a destination comes with one");
	if (!served->devices[id].loaded)
		return fail("'trailer' before 'loaded' of device '%s'", device->name);
	if (device->trailer_len != MUX_NONE &&
	    mux_device_trailer_get(&served->session.mux, served->session.now.id, id, &trailer))
		return -1;
	message = packet_new("trailer");
	json_put_text(message, "device", device->name);
	if (device->trailer_len == MUX_NONE)
		return served_tell(served, message);
	return served_tell_bytes(served, message, trailer.bytes, trailer.length);
}
