/// One broken rule in one field of an input.
public struct Violation: Sendable, Hashable {
  /// The field, in proto field names, e.g. `customer.address.zip`.
  public let path: String
  /// The rule that it breaks.
  public let error: RuleError

  /// Makes a violation of the field at `path`.
  public init(path: String, error: RuleError) {
    self.path = path
    self.error = error
  }
}

/// An input that breaks one or more rules: all of them at once.
public struct InvalidInput: Error, Sendable, Hashable {
  /// At least one violation, in the order in which the fields were checked.
  public let violations: [Violation]

  /// Makes the error of `violations`, which must not be empty.
  public init(violations: [Violation]) {
    self.violations = violations
  }
}

/// An identifier that looks like a placeholder; the store may allow it.
public struct SuspectedPlaceholder: Sendable, Hashable {
  /// The field, as in ``Violation/path``.
  public let path: String
  /// The identifier, whole.
  public let value: String

  /// What is wrong with it where it is not allowed.
  public var violation: Violation { Violation(path: path, error: Placeholder.error(value)) }
}

/// Collects the violations and warnings of one input, so that a caller learns all at once.
public struct Violations: Sendable, Hashable {
  /// What makes the input unacceptable.
  public private(set) var errors: [Violation] = []
  /// What was accepted but deserves the caller's attention.
  public private(set) var warnings: [Violation] = []

  /// Identifiers that forbid the input unless the store allows them. Where something else is wrong
  /// they are told with that.
  public private(set) var suspects: [SuspectedPlaceholder] = []

  /// An empty collection.
  public init() {}

  /// Whether nothing forbids the input. Warnings do not.
  public var isEmpty: Bool { errors.isEmpty }

  /// Notes that the field at `path` is unacceptable.
  public mutating func add(_ path: String, _ error: RuleError) {
    errors.append(Violation(path: path, error: error))
  }

  /// Notes something about the field at `path` that does not forbid it.
  public mutating func warn(_ path: String, _ warning: RuleError) {
    warnings.append(Violation(path: path, error: warning))
  }

  /// Notes the identifier at `path` if it looks like a placeholder.
  public mutating func suspect(_ path: String, _ identifier: String) {
    guard Placeholder.matches(identifier) else { return }
    suspects.append(SuspectedPlaceholder(path: path, value: identifier))
  }

  /// The value that `body` makes of the field at `path`; nil, and a violation, if it throws.
  public mutating func check<Value>(
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

  /// Throws everything collected, if there is any.
  public func finish() throws(InvalidInput) {
    guard errors.isEmpty else {
      throw InvalidInput(violations: errors + suspects.map(\.violation))
    }
  }
}
