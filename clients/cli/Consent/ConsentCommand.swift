import ArgumentParser

struct ConsentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent",
    abstract: "Show and change the consent of customers.",
    discussion: """
      Consent is given and withdrawn for a channel (sms, email) and a topic. A suppression forbids \
      messages to an address regardless of consent. A customer's own opt-out (--by customer) is \
      reversed only by a newer consent of that customer.
      """,
    subcommands: [
      ConsentShow.self, ConsentSubscribe.self, ConsentConfirm.self, ConsentUnsubscribe.self,
      ConsentSuppress.self, ConsentUnsuppress.self, ConsentSuppressions.self,
      ConsentHistory.self,
    ]
  )
}
