import ArgumentParser
import PatronClient

/// The flag of commands that may drop values that break a rule.
struct InvalidFieldsFlag: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "For secondary values that break a rule: reject the record, or drop the value with a "
        + "warning.",
      valueName: "reject|drop"
    ),
    completion: EnumArgument.list(InvalidFields.self),
    transform: { try EnumArgument.parse($0, as: InvalidFields.self) }
  )
  var invalidFields: InvalidFields?

  /// The value for a request; unspecified selects the default of the method.
  var policy: InvalidFields { invalidFields ?? .unspecified }
}
