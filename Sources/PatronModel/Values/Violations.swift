/// One broken rule in one field of an input.
package struct Violation: Sendable, Hashable {
  /// The field, in proto field names, e.g. `customer.address.zip`.
  package let path: String
  /// The rule that it breaks.
  package let error: RuleError
  /// The reason of the rule that a value broke which was left out or cut; nil everywhere else.
  package let rule: String?

  /// Makes a violation of the field at `path`.
  package init(path: String, error: RuleError) {
    self.path = path
    self.error = error
    rule = nil
  }

  /// Makes the warning that a value which broke `error` was left out.
  fileprivate init(dropped path: String, _ error: RuleError) {
    self.path = path
    self.error = RuleError(
      reason: "FIELD_DROPPED",
      message: "The value was left out. \(error.message)",
      given: error.given
    )
    rule = error.reason
  }

  /// Makes the warning that a text which broke `error` was cut.
  fileprivate init(cut path: String, _ error: RuleError, to limit: Int) {
    self.path = path
    self.error = RuleError(
      reason: "FIELD_CUT",
      message: "The value was cut to \(limit). \(error.message)"
    )
    rule = error.reason
  }
}

/// An input that breaks one or more rules: all of them at once.
package struct InvalidInput: Error, Sendable, Hashable {
  /// At least one violation, in the order in which the fields were checked.
  package let violations: [Violation]

  /// Makes the error of `violations`, which must not be empty.
  package init(violations: [Violation]) {
    self.violations = violations
  }
}

/// An identifier that looks like a placeholder; the store may allow it.
package struct SuspectedPlaceholder: Sendable, Hashable {
  /// The field, as in ``Violation/path``.
  package let path: String
  /// The identifier, whole.
  package let value: String

  /// What is wrong with it where it is not allowed.
  package var violation: Violation { Violation(path: path, error: Placeholder.error(value)) }
}

/// Collects the violations and warnings of one input, so that a caller learns all at once.
package struct Violations: Sendable, Hashable {
  /// What makes the input unacceptable.
  package private(set) var errors: [Violation] = []
  /// What was accepted but deserves the caller's attention.
  package private(set) var warnings: [Violation] = []

  /// True when secondary values that break a rule are left out with a warning. Otherwise they make
  /// the input unacceptable like any other.
  package let dropsSecondary: Bool

  /// Identifiers that forbid the input unless the store allows them. Where something else is wrong
  /// they are told with that.
  package private(set) var suspects: [SuspectedPlaceholder] = []

  /// An empty collection.
  package init(dropsSecondary: Bool = false) {
    self.dropsSecondary = dropsSecondary
  }

  /// Whether nothing forbids the input. Warnings do not.
  package var isEmpty: Bool { errors.isEmpty }

  /// Notes that the field at `path` is unacceptable.
  package mutating func add(_ path: String, _ error: RuleError) {
    errors.append(Violation(path: path, error: error))
  }

  /// Notes something about the field at `path` that does not forbid it.
  package mutating func warn(_ path: String, _ warning: RuleError) {
    warnings.append(Violation(path: path, error: warning))
  }

  /// Notes the identifier at `path` if it looks like a placeholder.
  package mutating func suspect(_ path: String, _ identifier: String) {
    guard Placeholder.matches(identifier) else { return }
    suspects.append(SuspectedPlaceholder(path: path, value: identifier))
  }

  /// The value that `body` makes of the field at `path`; nil, and a violation, if it throws.
  package mutating func check<Value>(
    _ path: String,
    _ body: () throws(RuleError) -> Value
  ) -> Value? {
    do throws(RuleError) {
      return try body()
    } catch {
      add(path, error)
      return nil
    }
  }

  /// Notes that the secondary field at `path` is unacceptable: it is left out, or forbids the
  /// input.
  package mutating func addSecondary(_ path: String, _ error: RuleError) {
    guard dropsSecondary else { return add(path, error) }
    warnings.append(Violation(dropped: path, error))
  }

  /// The value that `body` makes of the secondary field at `path`; nil if it throws.
  package mutating func secondary<Value>(
    _ path: String,
    _ body: () throws(RuleError) -> Value
  ) -> Value? {
    do throws(RuleError) {
      return try body()
    } catch {
      addSecondary(path, error)
      return nil
    }
  }

  /// The secondary identifier at `path`, trimmed; empty where it breaks a rule. One that was cut
  /// would be another record's.
  package mutating func secondaryReference(_ path: String, _ given: String) -> String {
    guard !given.isEmpty else { return given }
    return secondary(path) { () throws(RuleError) in try ShortText.parse(given) } ?? ""
  }

  /// The secondary text at `path`, trimmed; one that is too long is cut where values are dropped.
  /// Nil, and what ``secondary(_:_:)`` notes, where it breaks a rule otherwise.
  package mutating func secondaryText(
    _ path: String,
    _ given: String,
    limit: Int = ShortText.limit
  ) -> String? {
    do throws(RuleError) {
      return try ShortText.parse(given, limit: limit)
    } catch {
      guard dropsSecondary, error.reason == ShortText.tooLong else {
        addSecondary(path, error)
        return nil
      }
      warnings.append(Violation(cut: path, error, to: limit))
      return ShortText.cut(given, to: limit)
    }
  }

  /// The first entries of the secondary list at `path`, at most `limit` where values are dropped.
  package mutating func secondaryList<Entry>(
    _ path: String,
    _ given: [Entry],
    limit: Int,
    _ error: RuleError
  ) -> [Entry] {
    guard given.count > limit else { return given }
    guard dropsSecondary else {
      add(path, error)
      return given
    }
    warnings.append(Violation(cut: path, error, to: limit))
    return Array(given.prefix(limit))
  }

  /// True when a phone number is missing from the input because nothing says of which country it
  /// is.
  package var lacksCountry: Bool {
    errors.contains { $0.error.reason == PhoneNumber.countryMissing }
      || warnings.contains { $0.rule == PhoneNumber.countryMissing }
  }

  /// Throws everything collected, if there is any.
  package func finish() throws(InvalidInput) {
    guard errors.isEmpty else {
      throw InvalidInput(violations: errors + suspects.map(\.violation))
    }
  }
}
