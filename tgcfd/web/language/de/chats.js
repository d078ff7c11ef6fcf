// Why a chat cannot be used, as the server says it.
export default {
  "in connection {name}, {chat}: {why}": "in der Verbindung {name}, {chat}: {why}",
  "this account is not a member of it; join it first": "dieses Konto ist dort kein Mitglied; treten Sie erst bei",
  "this account is banned there": "dieses Konto ist dort gesperrt",
  "Telegram has closed this chat": "Telegram hat diesen Chat geschlossen",
  "this person has blocked the account": "diese Person hat das Konto blockiert",
  "this account has blocked this person; unblock them first":
    "dieses Konto hat die Person blockiert; heben Sie das erst auf",
  "this person's account was deleted": "das Konto dieser Person wurde gelöscht",
  "a bot cannot write to another bot": "ein Bot kann keinem anderen Bot schreiben",
  "this account cannot see this chat; check the id, and that the account is in the chat":
    "dieses Konto sieht diesen Chat nicht; prüfen Sie die Nummer, und ob das Konto im Chat ist",
  "this account may not write there; give it the right to post":
    "dieses Konto darf dort nicht schreiben; geben Sie ihm das Recht dazu",
  "the invite link has expired or is not valid; join the chat and use its id or name":
    "der Einladungslink ist abgelaufen oder ungültig; treten Sie dem Chat bei und nehmen Sie seine Nummer oder seinen Namen",
  "Telegram does not take this as a name; check the spelling":
    "Telegram nimmt das nicht als Namen an; prüfen Sie die Schreibweise",
  "nobody on Telegram has this name; check the spelling":
    "bei Telegram heißt niemand so; prüfen Sie die Schreibweise",
  "a bot cannot look up phone numbers; use the numeric id":
    "ein Bot kann keine Telefonnummern nachschlagen; nehmen Sie die Nummer des Chats",
  "this account does not know this chat; check that it is in the chat, and the id (a channel's begins with -100)":
    "dieses Konto kennt diesen Chat nicht; prüfen Sie, ob es im Chat ist, und die Nummer (die eines Kanals beginnt mit -100)",
  "another connection has the same source; the later one is used":
    "eine andere Verbindung hat dieselbe Quelle; die spätere gilt",
  "it has no destination that can be used": "sie hat kein brauchbares Ziel",
};
