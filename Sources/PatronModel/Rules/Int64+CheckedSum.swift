extension Int64 {
  /// Returns the sum. Throws `AMOUNT_OUT_OF_RANGE` if it does not fit.
  func adding(_ other: Int64) throws(RuleError) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    guard !overflow else { throw Self.outOfRange }
    return sum
  }

  /// Returns the difference. Throws `AMOUNT_OUT_OF_RANGE` if it does not fit.
  func subtracting(_ other: Int64) throws(RuleError) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    guard !overflow else { throw Self.outOfRange }
    return difference
  }

  private static let outOfRange = RuleError(
    reason: "AMOUNT_OUT_OF_RANGE",
    message: "A sum of amounts does not fit 64 bits of minor units. Check the amounts given."
  )
}
