import ArgumentParser

/// Which zone is meant, for every command that takes times.
struct TimeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Zone of times that are given without one, by its IANA name: Europe/Berlin. (default: the "
        + "store's setting time_zone, else UTC)",
      valueName: "zone"
    ),
    transform: { try ZoneArgument($0) }
  )
  var timezone: ZoneArgument?
}
