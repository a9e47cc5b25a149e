/// Separation of duties: nobody decides on what is theirs, and nobody corrects themselves.
///
/// The programme may let finance and admins decide on their own redemptions and awards. It never lets anybody credit, correct or
/// top up themselves, nor change their own roles or allowance. What the operator does, nobody of the organisation does.
extension Book {
  /// The redeemer's own step is to cancel.
  func checkDuty(of actor: ID, for move: RedemptionMove, on redemption: Redemption) throws(Refusal) {
    guard program.separatesDuties, move != .cancel, actor == redemption.facts.person else { return }
    throw Refusal(.ownRedemption, "Somebody else has to decide about a redemption of yours; you can cancel it.")
  }

  /// Neither whoever gave an award nor whoever is to get it decides about it.
  func checkDuty(of actor: ID?, on award: Award) throws(Refusal) {
    guard program.separatesDuties, let actor, actor == award.giver || award.facts.recipients.contains(actor) else {
      return
    }
    throw Refusal(.ownAward, "Somebody else has to decide about an award of yours.")
  }

  func checkDuty(of actor: ID?, onPointsOf person: ID) throws(Refusal) {
    guard actor == person else { return }
    throw Refusal(.ownPoints, "Somebody else has to credit or correct you.", at: "/person")
  }

  /// - Parameter earlier: nil of somebody new.
  func checkDuty(of actor: ID?, changing earlier: Person?, to person: Person) throws(Refusal) {
    guard let earlier, actor == person.id else { return }
    // Whoever leaves has no role any more, and may say so themselves.
    if person.isActive, earlier.roles != person.roles {
      throw Refusal(.ownRoles, "Somebody else has to change your roles.", at: "/roles")
    }
    if earlier.allowancePoints != person.allowancePoints {
      throw Refusal(.ownPoints, "Somebody else has to change what you may give.", at: "/allowance_points")
    }
  }
}
