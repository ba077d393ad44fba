/// A walk over a set of customers in descending order of their places. A place is the id, for a
/// walk from the newest on, or the negated id, for a walk from the oldest on. Both are called ids
/// below.
protocol CustomerCursor: AnyObject {
  /// An upper bound of the number of customers.
  var estimate: Int64 { get }

  /// Returns the greatest id of the set that is at most `bound`, or nil if there is none. Bounds
  /// must never grow.
  func seek(_ bound: Int64) throws -> Int64?
}
