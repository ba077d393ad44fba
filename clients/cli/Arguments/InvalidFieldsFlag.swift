import ArgumentParser
import PatronClient

/// The flag of verbs whose values may be left out when they break a rule.
struct InvalidFieldsFlag: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "When a secondary value breaks a rule: reject the record, or drop the value with a warning.",
      valueName: "reject|drop"
    ),
    completion: EnumArgument.list(InvalidFields.self),
    transform: { try EnumArgument.parse($0, as: InvalidFields.self) }
  )
  var invalidFields: InvalidFields?

  /// What a request says; unspecified takes the default of the method.
  var policy: InvalidFields { invalidFields ?? .unspecified }
}
