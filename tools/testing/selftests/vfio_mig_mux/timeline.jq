# SPDX-License-Identifier: GPL-2.0
# Prints what is wrong with the timelines of a migration without PRE_COPY, nothing if all is right.
# Input: what send and receive have printed with --json. $names are those of the devices, which have all had data.

def expect($what; $expected): if . == $expected then empty else "\($what) is \(.), not \($expected)" end;
def expect_time($what): if type == "number" and . >= 0 then empty else "\($what) is \(.), no time" end;
# Sums of numbers with six decimals
def expect_near($what; $expected):
	if (. - $expected | fabs) < 0.001 then empty else "\($what) is \(.), not \($expected)" end;

# These marks are there, each no earlier than the one before.
def expect_order($what; $marks):
	. as $at |
	($marks[] | select($at[.] == null) | "\($what) has no mark '\(.)'"),
	(range(1; $marks | length) as $i | $marks[$i - 1] as $one | $marks[$i] as $other |
		select($at[$other] < $at[$one]) |
		"\($what) mark '\($other)' at \($at[$other]) ms is before '\($one)' at \($at[$one]) ms");

# Each begins where the one before it ends.
def expect_phases($who; $names):
	.phases as $phases |
	($phases | map(.phase) | expect("\($who) phases"; $names)),
	($phases[] | (.took_ms | expect_time("\($who) phase"))),
	($phases[0].at_ms | expect("\($who) beginning"; 0)),
	(range(1; $phases | length) as $i | $phases[$i].at_ms |
		expect_near("\($who) beginning of '\($phases[$i].phase)'"; $phases[$i - 1] | .at_ms + .took_ms));

def expect_transitions($who; $states):
	(.transitions | map(.to) | expect("\($who) states"; $states)),
	(.transitions[] | (.at_ms | expect_time("\($who) state's beginning")), (.took_ms | expect_time("\($who) state's time")));

def expect_common($who; $role):
	(.role | expect("\($who) role"; $role)),
	(.began_ns | expect_time("\($who) beginning")), (.began_unix_ns | expect_time("\($who) beginning")),
	(.devices | map(.name) | expect("\($who) devices"; $names)),
	(.devices | map(.id) | expect("\($who) devices"; [range($names | length)])),
	(.devices[] | (.rounds | expect("\($who) rounds"; [])), (.rest_ms | expect_time("\($who) rest")));

def expect_downtime:
	(.phases | map(select(.downtime).phase) | expect("phases of the downtime";
		["stop", "first byte", "stream", "load tail", "leave", "accept", "run"])),
	.downtime_ms as $all |
	(.phases | map(select(.downtime).took_ms) | add | expect_near("the sum of its parts"; $all)),
	(.marks | .running - .stop | expect_near("the time from stop to running"; $all));

def expect_source:
	expect_common("source"; "source"),
	expect_phases("source"; ["agree", "connect", "ready", "stop", "first byte", "stream", "load tail", "leave",
		"accept", "run"]),
	expect_downtime,
	(.marks | expect_order("source"; ["begun", "agreed", "connected", "stop", "stopped"]),
		expect_order("source"; ["stop", "first", "last", "streamed", "left", "run", "running"]),
		expect_order("source"; ["last", "loaded", "run"])),
	(.devices[] | "source \(.name)" as $it |
		(.marks | expect_order($it; ["stop", "stopped", "first", "last", "loaded", "left"])),
		expect_transitions($it; ["RUNNING_P2P", "STOP_COPY", "STOP"]),
		(.reading_ms | expect_time("\($it) reading")), (.window_ms | expect_time("\($it) window"))),
	(.channels[] | .sending_ms | expect_time("time of a channel")),
	(.channels | map(.sending_ms) | add > 0 | expect("that sending takes time"; true));

def expect_destination:
	expect_common("destination"; "destination"),
	expect_phases("destination"; ["agree", "first byte", "load", "finish", "accept", "await run", "run"]),
	(.marks | expect_order("destination"; ["begun", "agreed", "first", "last", "streamed", "left", "loaded", "run",
		"running"])),
	(.devices[] | "destination \(.name)" as $it |
		(.marks | expect_order($it; ["first", "last", "left", "running"])),
		expect_transitions($it; ["RUNNING_P2P", "RESUMING", "STOP", "RUNNING_P2P", "RUNNING"]),
		(.writing_ms | expect_time("\($it) writing")));

map(select(.command)) |
(map(select(.command == "send"))) as $sent | (map(select(.command == "receive"))) as $received |
($sent | length | expect("results of send"; 1)), ($received | length | expect("results of receive"; 1)),
($sent[] | (.timeline | expect_source), (.timeline.downtime_ms as $it | .downtime_ms | expect("the downtime"; $it))),
($received[] | .timeline | expect_destination)
