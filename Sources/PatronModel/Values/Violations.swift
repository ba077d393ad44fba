/// The violation of a rule in a field of an input.
package struct Violation: Sendable, Hashable {
  /// The field, in proto field names, such as `customer.address.zip`.
  package let path: String
  /// The violated rule.
  package let error: RuleError
  /// The reason of the rule whose violation led to a dropped or cut value; nil otherwise.
  package let rule: String?

  /// Makes a violation in the field at `path`.
  package init(path: String, error: RuleError) {
    self.path = path
    self.error = error
    rule = nil
  }

  /// Makes the warning that a value violating `error` was dropped.
  fileprivate init(dropped path: String, _ error: RuleError) {
    self.path = path
    self.error = RuleError(
      reason: "FIELD_DROPPED",
      message: "The value was left out. \(error.message)",
      given: error.given
    )
    rule = error.reason
  }

  /// Makes the warning that a text violating `error` was cut.
  fileprivate init(cut path: String, _ error: RuleError, to limit: Int) {
    self.path = path
    self.error = RuleError(
      reason: "FIELD_CUT",
      message: "The value was cut to \(limit). \(error.message)"
    )
    rule = error.reason
  }
}

/// The error about an input, with all of its violations at once.
package struct InvalidInput: Error, Sendable, Hashable {
  /// The violations, at least one, in the order in which the fields were checked.
  package let violations: [Violation]

  /// Makes the error of `violations`, which must not be empty.
  package init(violations: [Violation]) {
    self.violations = violations
  }
}

/// An identifier that looks like a placeholder. The store may allow it.
package struct SuspectedPlaceholder: Sendable, Hashable {
  /// The field, as in ``Violation/path``.
  package let path: String
  /// The complete identifier.
  package let value: String

  /// The violation to report if the identifier is not allowed.
  package var violation: Violation { Violation(path: path, error: Placeholder.error(value)) }
}

/// The violations and warnings about an input, collected so that a caller gets all at once.
package struct Violations: Sendable, Hashable {
  /// The violations that make the input unacceptable.
  package private(set) var errors: [Violation] = []
  /// The warnings about accepted values.
  package private(set) var warnings: [Violation] = []

  /// True to drop secondary values that violate a rule, with a warning. False to make them as
  /// unacceptable as any other.
  package let dropsSecondary: Bool

  /// Identifiers that make the input unacceptable unless the store allows them. They are reported
  /// together with other violations.
  package private(set) var suspects: [SuspectedPlaceholder] = []

  /// Makes an empty collection.
  package init(dropsSecondary: Bool = false) {
    self.dropsSecondary = dropsSecondary
  }

  /// True if the input is acceptable. Warnings do not count.
  package var isEmpty: Bool { errors.isEmpty }

  /// Adds a violation in the field at `path`.
  package mutating func add(_ path: String, _ error: RuleError) {
    errors.append(Violation(path: path, error: error))
  }

  /// Adds a warning about the field at `path`.
  package mutating func warn(_ path: String, _ warning: RuleError) {
    warnings.append(Violation(path: path, error: warning))
  }

  /// Notes the identifier at `path` if it looks like a placeholder.
  package mutating func suspect(_ path: String, _ identifier: String) {
    guard Placeholder.matches(identifier) else { return }
    suspects.append(SuspectedPlaceholder(path: path, value: identifier))
  }

  /// Returns the result of `body` for the field at `path`, or nil after noting the violation it
  /// throws.
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

  /// Adds a violation in the secondary field at `path`: a warning that it is dropped, or an error.
  package mutating func addSecondary(_ path: String, _ error: RuleError) {
    guard dropsSecondary else { return add(path, error) }
    warnings.append(Violation(dropped: path, error))
  }

  /// Returns the result of `body` for the secondary field at `path`, or nil after noting the
  /// violation.
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

  /// Returns the secondary identifier at `path`, trimmed, or an empty text if it violates a rule.
  /// It is never cut, because a cut identifier could be another record's.
  package mutating func secondaryReference(_ path: String, _ given: String) -> String {
    guard !given.isEmpty else { return given }
    return secondary(path) { () throws(RuleError) in try ShortText.parse(given) } ?? ""
  }

  /// Returns the secondary text at `path`, trimmed. A text that is too long is cut if values are
  /// dropped. Returns nil after noting any other violation, as ``secondary(_:_:)`` does.
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

  /// Returns the secondary list at `path`, cut to `limit` entries if values are dropped.
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

  /// True if a phone number is missing from the input because its country is unknown.
  package var lacksCountry: Bool {
    errors.contains { $0.error.reason == PhoneNumber.countryMissing }
      || warnings.contains { $0.rule == PhoneNumber.countryMissing }
  }

  /// Throws the collected violations, if there are any.
  package func finish() throws(InvalidInput) {
    guard errors.isEmpty else {
      throw InvalidInput(violations: errors + suspects.map(\.violation))
    }
  }
}
