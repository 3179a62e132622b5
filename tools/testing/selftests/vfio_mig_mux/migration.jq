# SPDX-License-Identifier: GPL-2.0
# Prints what is wrong with the results of a migration, nothing if all is right.
# Input: what send and receive have printed. $sizes are the bytes of the devices; $chunk and $channels were asked for.

def expect($what; $expected): if . == $expected then empty else "\($what) is \(.), not \($expected)" end;
def expect_number($what): if type == "number" and . >= 0 then empty else "\($what) is \(.), no number" end;
def total: add // 0;

def chunks($size): ($size + $chunk - 1) / $chunk | floor;
def all_bytes: $sizes | total;
def all_chunks: $sizes | map(chunks(.)) | total;

def expect_session($who):
	(.session |
		(.state | expect("\($who) session state"; "completed")),
		(.chunk_size | expect("\($who) chunk size"; $chunk)),
		(.channels | expect("\($who) channels"; $channels)),
		(.devices | expect("\($who) devices"; $sizes | length)),
		(.devices_loaded | expect("\($who) devices loaded"; $sizes | length)),
		(.bytes | expect("\($who) session bytes"; all_bytes)),
		(.error | expect("\($who) session error"; null)),
		(.slots_used_max | expect_number("\($who) slots used")),
		(.slots_used_max <= .slots | expect("\($who) slots used within bounds"; true)));

def expect_device($who; $size):
	"\($who) device \(.id)" as $it |
	(.state | expect("\($it) state"; "loaded")),
	(.bytes | expect("\($it) bytes"; $size)),
	(.bytes_moved | expect("\($it) bytes moved"; $size)),
	(.chunks | expect("\($it) chunks"; chunks($size))),
	(.chunks_moved | expect("\($it) chunks moved"; chunks($size))),
	(.io_calls >= chunks($size) | expect("\($it) enough calls"; true)),
	(.io_ns | expect_number("\($it) time in calls")),
	(.zero_chunks | expect_number("\($it) chunks of zeroes")),
	(.seconds | expect_number("\($it) seconds")),
	(.gib_per_s | expect_number("\($it) rate"));

def expect_devices($who):
	(.devices | length | expect("\($who) list of devices"; $sizes | length)),
	(.devices[] | . as $device | expect_device($who; $sizes[$device.id]));

def expect_channels($who):
	(.channels | map(.id) | sort | expect("\($who) list of channels"; [range($channels)])),
	(.channels[] | .state | expect("\($who) channel state"; "closed")),
	(.channels[] | .error | expect("\($who) channel error"; null)),
	# A source may send a chunk twice where the machine is slow; a destination takes it once.
	(.channels | map(.chunks) | total |
		if $who == "source" then . >= all_chunks else . == all_chunks end |
		expect("\($who) chunks of all channels as expected"; true));

def expect_side($who):
	(.status | expect("\($who) status"; "completed")),
	(.bytes | expect("\($who) bytes"; all_bytes)),
	(.cpu_seconds | expect_number("\($who) CPU seconds")),
	expect_session($who), expect_devices($who), expect_channels($who);

def expect_source:
	(.downtime_ms | expect_number("downtime")),
	(.devices[] |
		(.migration_state | expect("source device state"; "STOP")),
		(.window_stalls | expect_number("window stalls")),
		(.window_stall_ns | expect_number("time in window stalls")));

def expect_destination:
	(.devices[] |
		(.migration_state | expect("destination device state"; "RUNNING")),
		(.chunks_held_max <= .window | expect("chunks held within the window"; true)));

# What one side has sent the other has received, once both have said all they had to say.
def expect_agreement($source; $destination):
	($destination.session.uuid | expect("UUID of the destination"; $source.session.uuid)),
	($source.channels[] | . as $mine | $destination.channels[] | select(.id == $mine.id) |
		(.chunks <= $mine.chunks | expect("no more chunks received on channel \($mine.id) than sent"; true)));

map(select(.command)) |
(map(select(.command == "send"))) as $sent | (map(select(.command == "receive"))) as $received |
($sent | length | expect("results of send"; 1)), ($received | length | expect("results of receive"; 1)),
($sent[] | expect_side("source"), expect_source),
($received[] | expect_side("destination"), expect_destination),
(if ($sent | length) == 1 and ($received | length) == 1 then expect_agreement($sent[0]; $received[0]) else empty end)
