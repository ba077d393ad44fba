import ArgumentParser

/// The time zone flag of every command that takes times.
struct TimeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Zone of times without one, as an IANA name: Europe/Berlin. (default: the "
        + "store's setting time_zone, else UTC)",
      valueName: "zone"
    ),
    transform: { try ZoneArgument($0) }
  )
  var timezone: ZoneArgument?
}
