import PatronProto
import ProtobufC

extension FuzzTarget {
  /// Memory that a message may take, in bytes: less than a server allows, so that the limit is met.
  private static let budget = 1 << 20

  /// A message of the contract: the check, and libprotobuf-c behind it. The first byte chooses the
  /// type.
  static let messages = FuzzTarget(name: "messages") { bytes in
    let (choice, input) = bytes.choice
    let type = MessageTypes.all[choice % MessageTypes.all.count]
    guard let needed = try? WireCheck.check(input, as: type, budget: budget) else { return }
    require(needed <= budget, "the check keeps to its budget")
    let arena = Arena(limit: needed + budget)
    guard let message = try? type.unpack(input, in: arena) else { return }
    require(arena.used <= needed, "unpacking takes what the check foretold")
    let size = type.packedSize(message)
    guard let packed = try? type.pack(message, in: arena) else { return }
    require(packed.count == size, "a message has the size that was computed")
    let again = try? WireCheck.check(packed, as: type, budget: .max)
    require(again != nil, "what was packed passes the check")
  }
}
