/// A cursor over ids that are read in pieces. Pieces grow while most of their ids are used.
final class BufferedCursor: CustomerCursor {
  /// Descending ids of one read.
  struct Piece {
    var ids: [Int64]
    /// The bound of the next piece. Nil at the end.
    var next: Int64?
  }

  let estimate: Int64
  private let load: (_ bound: Int64, _ limit: Int) throws -> Piece
  private var piece = Piece(ids: [], next: .max)
  private var place = 0
  private var used = 0
  private var limit = BufferedCursor.least

  private static let least = 16
  private static let most = 2048

  init(estimate: Int64, load: @escaping (_ bound: Int64, _ limit: Int) throws -> Piece) {
    self.estimate = estimate
    self.load = load
  }

  func seek(_ bound: Int64) throws -> Int64? {
    while true {
      while place < piece.ids.count && piece.ids[place] > bound { place += 1 }
      if place < piece.ids.count {
        used += 1
        return piece.ids[place]
      }
      guard let next = piece.next else { return nil }
      if !piece.ids.isEmpty {
        let isUseful = used * 2 >= piece.ids.count
        limit = isUseful ? min(limit * 2, Self.most) : max(limit / 2, Self.least)
      }
      piece = try load(min(bound, next), limit)
      place = 0
      used = 0
    }
  }
}
