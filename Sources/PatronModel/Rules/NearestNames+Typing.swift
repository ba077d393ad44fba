/// The search for one name that was misspelled, among many.
extension NearestNames {
  /// Returns the name that differs from `name` by the fewest bytes to insert, remove or replace: at
  /// most one for a name of up to three bytes, two for a longer one. Of equally near names it is
  /// the first in order. Nil if there is none.
  ///
  /// A name costs less than a microsecond, so a hundred thousand are some ten milliseconds.
  package static func misspelled(
    _ name: String,
    among names: some Sequence<String>
  ) -> String? {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count <= longest else { return nil }
    let letters = Self.letters(of: name)
    var best = wanted.count <= 3 ? 1 : 2
    var nearest: String?
    for candidate in names {
      let length = candidate.utf8.count
      guard length <= longest, abs(length - wanted.count) <= best,
        // Each step removes one letter, adds one, or does both.
        (letters ^ Self.letters(of: candidate)).nonzeroBitCount <= 2 * best
      else { continue }
      let distance = Self.distance(wanted, Array(candidate.utf8))
      guard distance <= best else { continue }
      if let known = nearest, distance == best, known < candidate { continue }
      (best, nearest) = (distance, candidate)
    }
    return nearest
  }

  /// Returns the set of the bytes of a name, by their lowest six bits.
  private static func letters(of name: String) -> UInt64 {
    name.utf8.reduce(0) { $0 | 1 << UInt64($1 & 63) }
  }
}
