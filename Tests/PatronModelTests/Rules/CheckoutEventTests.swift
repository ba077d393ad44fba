import PatronModel
import Testing

/// The events that a checkout's states emit.
struct CheckoutEventTests {
  private func state(
    abandoned: Micros? = nil,
    completed: Micros? = nil,
    order: Bool = false
  ) -> CheckoutSnapshot {
    CheckoutSnapshot(
      token: "k1",
      startedAt: 100,
      abandonedAt: abandoned,
      completedAt: completed,
      namesOrder: order
    )
  }

  private func kinds(
    _ old: CheckoutSnapshot?,
    _ new: CheckoutSnapshot
  ) -> [CheckoutEvent.Kind] {
    CheckoutEvents.derive(from: old, to: new, observedAt: 1000).map(\.kind)
  }

  @Test func eachTransitionEmitsOneEvent() {
    let open = state()
    let left = state(abandoned: 200)
    let done = state(abandoned: 200, completed: 300)
    #expect(kinds(nil, open) == [.started])
    #expect(kinds(open, open) == [])
    #expect(kinds(open, left) == [.abandoned])
    #expect(kinds(left, left) == [])
    #expect(kinds(left, done) == [.recovered])
    #expect(kinds(done, done) == [])
    #expect(kinds(nil, done) == [.started, .abandoned, .recovered])
  }

  @Test func aCheckoutNeverAbandonedIsNotRecovered() {
    #expect(kinds(state(), state(completed: 300)) == [])
    #expect(kinds(nil, state(order: true)) == [.started])
    // The shop reports the abandonment after the completion.
    #expect(
      kinds(state(completed: 300), state(abandoned: 200, completed: 300))
        == [.abandoned, .recovered]
    )
  }

  @Test func aShopMayForgetTheAbandonment() {
    #expect(kinds(state(abandoned: 200), state(completed: 300)) == [.recovered])
    #expect(kinds(state(abandoned: 200), state()) == [])
    let again = CheckoutEvents.derive(from: state(), to: state(abandoned: 250), observedAt: 1000)
    let first = CheckoutEvents.derive(from: state(), to: state(abandoned: 200), observedAt: 1000)
    #expect(again.map(\.kind) == first.map(\.kind) && again != first)
    let moved = CheckoutEvents.derive(
      from: state(abandoned: 200),
      to: state(abandoned: 250),
      observedAt: 1000
    )
    #expect(moved == again)
  }

  @Test func dates() {
    let dated = CheckoutEvents.derive(
      from: nil,
      to: state(abandoned: 200, completed: 300),
      observedAt: 1000
    )
    #expect(dated.map(\.occurredAt) == [100, 200, 300])
    let undated = CheckoutEvents.derive(
      from: state(abandoned: 200),
      to: state(abandoned: 200, order: true),
      observedAt: 1000
    )
    #expect(undated.map(\.occurredAt) == [1000])
  }
}
