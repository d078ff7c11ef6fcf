// What the server says: {gaps} hold what differs from one time to another.
export default {
  // the runner's reasons: tgcfd/runner/reasons.py
  "Stopped in order.": "Ordentlich angehalten.",
  "Finished: {summary}.": "Fertig: {summary}.",
  "Telegram cannot be reached yet ({why}). Trying again until {until}.":
    "Telegram ist noch nicht erreichbar ({why}). Es wird bis {until} versucht.",
  "Waiting {seconds} s as Telegram asked (until {until}).": "Wartet {seconds} Sek., wie Telegram verlangt (bis {until}).",
  "Reconnecting to Telegram since {since}.": "Verbindet sich seit {since} wieder mit Telegram.",
  "There is no configuration (tgcf.config.json). Save the configuration again, then run again.":
    "Es gibt keine Konfiguration (tgcf.config.json). Speichern Sie die Konfiguration noch einmal, dann starten Sie wieder.",
  "The configuration cannot be read: {why}. Save the configuration again, then run again.":
    "Die Konfiguration ist nicht lesbar: {why}. Speichern Sie die Konfiguration noch einmal, dann starten Sie wieder.",
  "The configuration is not right at {field}: {why}. Correct it, then run again.":
    "Die Konfiguration stimmt bei {field} nicht: {why}. Berichtigen Sie sie, dann starten Sie wieder.",
  "No bot token is set. Get one from @BotFather, enter it as the bot token, then run again.":
    "Es ist kein Bot-Token gesetzt. Holen Sie eines bei @BotFather, tragen Sie es ein, dann starten Sie wieder.",
  "The API id or the API hash is missing. Get both at https://my.telegram.org, enter them, then run again.":
    "Die API-ID oder der API-Hash fehlt. Holen Sie beide bei https://my.telegram.org, tragen Sie sie ein, dann starten Sie wieder.",
  "No Telegram account is linked: the session string is empty. Enter one, then run again.":
    "Kein Telegram-Konto ist verknüpft: Der Session-String ist leer. Tragen Sie einen ein, dann starten Sie wieder.",
  "The session string is not a valid one; perhaps a part of it got lost. Make a new one.":
    "Der Session-String ist ungültig; vielleicht ging ein Teil verloren. Machen Sie einen neuen.",
  "Telegram no longer accepts this account's session: it was ended or revoked. Make a new session string.":
    "Telegram nimmt die Sitzung dieses Kontos nicht mehr an: Sie wurde beendet oder widerrufen. Machen Sie einen neuen Session-String.",
  "Telegram ended this session: it was used from two addresses at once. Make a new one, and use it here only.":
    "Telegram hat diese Sitzung beendet: Sie wurde von zwei Adressen zugleich benutzt. Machen Sie eine neue und benutzen Sie sie nur hier.",
  "Telegram says that this account is deactivated or banned. Use another account, or ask Telegram's support.":
    "Telegram sagt, dass dieses Konto stillgelegt oder gesperrt ist. Benutzen Sie ein anderes, oder fragen Sie Telegrams Kundendienst.",
  "Telegram does not accept the bot token: it is wrong or expired. Get the current one from @BotFather.":
    "Telegram nimmt das Bot-Token nicht an: Es ist falsch oder abgelaufen. Holen Sie das jetzige bei @BotFather.",
  "Telegram does not accept the API id and API hash. Copy both again from https://my.telegram.org.":
    "Telegram nimmt API-ID und API-Hash nicht an. Kopieren Sie beide noch einmal von https://my.telegram.org.",
  "Past mode needs a user account: Telegram shows no history to bots. Use a user's session string, or live mode.":
    "Das Kopieren vorhandener Nachrichten braucht ein Benutzerkonto: Telegram zeigt Bots keinen Verlauf. Nehmen Sie den Session-String eines Benutzers, oder leiten Sie neue Nachrichten weiter.",
  "No connection can run: {why}. Correct the connections, then run again.":
    "Keine Verbindung kann laufen: {why}. Berichtigen Sie die Verbindungen, dann starten Sie wieder.",
  "The plugin {plugin} needs {missing}, which is not there. Switch the plugin off, or {remedy}.":
    "Das Plugin {plugin} braucht {missing}, das nicht da ist. Schalten Sie das Plugin aus, oder: {remedy}.",
  "The public key of the data center cannot be read ({why}). The host's owner must correct tgcfd's settings.":
    "Der öffentliche Schlüssel des Rechenzentrums ist nicht lesbar ({why}). Der Betreiber muss die Einstellungen von tgcfd berichtigen.",
  "tgcf is not installed where the host's settings say (worker.path). The host's owner must correct that.":
    "tgcf ist nicht dort installiert, wo die Einstellungen des Servers es sagen (worker.path). Der Betreiber muss das berichtigen.",
  "Telegram cannot be reached ({why}). Trying again later; if it stays so, check the host's network.":
    "Telegram ist nicht erreichbar ({why}). Es wird später wieder versucht; bleibt es so, prüfen Sie das Netz des Servers.",
  "The connection to Telegram was lost and did not come back ({why}). Trying again later.":
    "Die Verbindung zu Telegram ging verloren und kam nicht wieder ({why}). Es wird später wieder versucht.",
  "Telegram signed the bot out. It is started again to sign in anew.":
    "Telegram hat den Bot abgemeldet. Er wird wieder gestartet, um sich neu anzumelden.",
  "The Telegram account or the plugins changed; that takes a restart.":
    "Das Telegram-Konto oder die Plugins wurden geändert; das verlangt einen Neustart.",
  "Progress cannot be saved ({why}). Trying again later.":
    "Der Fortschritt lässt sich nicht speichern ({why}). Es wird später wieder versucht.",
  "Another worker runs in this directory already.": "In diesem Ordner läuft schon ein anderes tgcf.",
  "The worker cannot use its directory ({why}). The host's owner must look into it.":
    "tgcf kann seinen Ordner nicht benutzen ({why}). Der Betreiber muss danach sehen.",
  "The daemon that started this worker is gone.": "Der Dienst, der dieses tgcf gestartet hat, ist nicht mehr da.",
  "An unexpected error ended the worker; its log has more. Trying again later.":
    "Ein unerwarteter Fehler hat tgcf beendet; im Protokoll steht mehr. Es wird später wieder versucht.",
  // the daemon's: tgcfd/workers
  "tgcf ended although nobody asked it to. Press Run to start it again.":
    "tgcf endete, obwohl es niemand wollte. Drücken Sie „Starten“, damit es wieder läuft.",
  "tgcf cannot run with this configuration; the last lines of its log say why.":
    "tgcf kann mit dieser Konfiguration nicht laufen; die letzten Zeilen des Protokolls sagen, warum.",
  "tgcf met a problem that may pass; the last lines of its log say which.":
    "tgcf ist auf etwas gestoßen, das vorübergehen kann; die letzten Zeilen des Protokolls sagen, was.",
  "The host ended tgcf by force, most likely because memory ran out. If it happens again, use fewer plugins or ask the host's owner for more memory.":
    "Der Server hat tgcf gewaltsam beendet, wahrscheinlich weil der Speicher ausging. Geschieht es wieder, benutzen Sie weniger Plugins oder bitten Sie den Betreiber um mehr Speicher.",
  "tgcf did not end when it was asked to, and was ended by force.":
    "tgcf endete nicht, als es sollte, und wurde gewaltsam beendet.",
  "The host could not start tgcf. If it happens again, tell the host's owner.":
    "Der Server konnte tgcf nicht starten. Geschieht es wieder, sagen Sie es dem Betreiber.",
  "tgcf crashed ({how}); its log may say why.": "tgcf ist abgestürzt ({how}); das Protokoll sagt vielleicht, warum.",
  "tgcf hung, and was ended by force. If it happens again, the last lines of its log may say at what; tell the host's owner.":
    "tgcf hing und wurde gewaltsam beendet. Geschieht es wieder, sagen die letzten Zeilen des Protokolls vielleicht, wobei; sagen Sie es dem Betreiber.",
  "tgcf needed more memory than it may use, and was ended by force. If it happens again, use fewer plugins or ask the host's owner for more memory.":
    "tgcf brauchte mehr Speicher, als es benutzen darf, und wurde gewaltsam beendet. Geschieht es wieder, benutzen Sie weniger Plugins oder bitten Sie den Betreiber um mehr Speicher.",
  "tgcf was not ready in time. If it happens again, the last lines of its log may say what it waited for; with many connections, try fewer.":
    "tgcf war nicht rechtzeitig bereit. Geschieht es wieder, sagen die letzten Zeilen des Protokolls vielleicht, worauf es wartete; bei vielen Verbindungen versuchen Sie es mit weniger.",
  "tgcf changed its status far too often, and was ended. If it happens again, tell the host's owner.":
    "tgcf änderte seinen Zustand viel zu oft und wurde beendet. Geschieht es wieder, sagen Sie es dem Betreiber.",
  "The host's owner stopped tgcf. Press Run to start it again.":
    "Der Betreiber hat tgcf angehalten. Drücken Sie „Starten“, damit es wieder läuft.",
  "tgcf could not be started again. Press Run to try once more; if that fails too, tell the host's owner.":
    "tgcf konnte nicht wieder gestartet werden. Drücken Sie „Starten“, um es noch einmal zu versuchen; misslingt auch das, sagen Sie es dem Betreiber.",
  "tgcf cannot run yet. {why}": "tgcf kann noch nicht laufen. {why}",
  // what a run lacks: tgcfd/config/render.py
  "The API id is missing: get one at my.telegram.org.": "Die API-ID fehlt: Holen Sie eine bei my.telegram.org.",
  "The API hash is missing: it stands next to the API id.": "Der API-Hash fehlt: Er steht neben der API-ID.",
  "A bot cannot copy old messages: Telegram does not let bots read them. Set the kind of account to user (user_type 1), or run live mode.":
    "Ein Bot kann keine alten Nachrichten kopieren: Telegram lässt Bots sie nicht lesen. Wählen Sie ein Benutzerkonto (user_type 1), oder leiten Sie neue Nachrichten weiter.",
  "The session string is missing: make a new one and enter it.":
    "Der Session-String fehlt: Machen Sie einen neuen und tragen Sie ihn ein.",
  "The bot token is missing: get one from @BotFather.": "Das Bot-Token fehlt: Holen Sie eines bei @BotFather.",
  "There is no enabled connection that has a source and a destination: add one.":
    "Es gibt keine eingeschaltete Verbindung mit Quelle und Ziel: Fügen Sie eine hinzu.",
  // what is wrong with a value: tgcfd/config/checks.py, chats.py, patterns.py, tgcfd/violations.py
  "This destination is empty: fill it in or remove it.": "Dieses Ziel ist leer: Füllen Sie es aus oder entfernen Sie es.",
  "This is the source itself: messages would go in circles.":
    "Das ist die Quelle selbst: Nachrichten würden im Kreis laufen.",
  "This connection is enabled and has a source, but no destination.":
    "Diese Verbindung ist an und hat eine Quelle, aber kein Ziel.",
  "Connection {number} has the same source, and tgcf uses only the last one of them. Put all destinations into one connection, or disable one.":
    "Verbindung {number} hat dieselbe Quelle, und tgcf benutzt nur die letzte von beiden. Nehmen Sie alle Ziele in eine Verbindung, oder schalten Sie eine aus.",
  "tgcf compares numeric ids here: a name never matches. Write the sender's id, in digits.":
    "tgcf vergleicht hier Nummern: Ein Name passt nie. Schreiben Sie die Nummer des Absenders, in Ziffern.",
  "An empty text would delete media that are edited to have no caption. Use null to switch this off.":
    "Ein leerer Text würde Medien löschen, deren Bildunterschrift entfernt wird. Schalten Sie es lieber aus.",
  "An API hash is 32 digits and letters from a to f: copy it again from my.telegram.org.":
    "Ein API-Hash besteht aus 32 Ziffern und Buchstaben von a bis f: Kopieren Sie ihn noch einmal von my.telegram.org.",
  "A bot token is a number, a colon and some 35 letters, digits, - or _: copy it again from @BotFather.":
    "Ein Bot-Token ist eine Zahl, ein Doppelpunkt und etwa 35 Buchstaben, Ziffern, - oder _: Kopieren Sie es noch einmal von @BotFather.",
  "This is not a complete https address.": "Das ist keine vollständige https-Adresse.",
  "This does not say the same as the rules. Leave it empty: it is written from the rules.":
    "Das sagt nicht dasselbe wie die Regeln. Lassen Sie es leer: Es wird aus den Regeln geschrieben.",
  "This pattern takes too long to check. Make it simpler.":
    "Die Prüfung dieses Musters dauert zu lange. Machen Sie es einfacher.",
  "This is not a regular expression that Python understands: {why}{where}.":
    "Das ist kein regulärer Ausdruck, den Python versteht: {why}{where}.",
  "This regular expression is too complicated.": "Dieser reguläre Ausdruck ist zu verwickelt.",
  "The new text cannot be used: {why}. A backslash is written \\\\, group 1 is \\1.":
    "Der neue Text ist nicht brauchbar: {why}. Ein Backslash wird \\\\ geschrieben, Gruppe 1 ist \\1.",
  "There are spaces around it: remove them.": "Ringsum sind Leerzeichen: Entfernen Sie sie.",
  "This looks like the number of a channel without its minus sign: write -{number}.":
    "Das sieht aus wie die Nummer eines Kanals ohne ihr Minuszeichen: Schreiben Sie -{number}.",
  "Telegram has no chat with this number. That of a channel or supergroup is -100 and ten more digits.":
    "Telegram hat keinen Chat mit dieser Nummer. Die eines Kanals oder einer Supergruppe ist -100 und zehn weitere Ziffern.",
  "tgcf cannot find a chat by this. Write the chat's @name (5 or more letters, digits and underscores), a link like t.me/name, or its number, like -1001234567890.":
    "Damit findet tgcf keinen Chat. Schreiben Sie den @namen des Chats (5 oder mehr Buchstaben, Ziffern und Unterstriche), einen Link wie t.me/name oder seine Nummer, wie -1001234567890.",
  "tgcf cannot use t.me/c/ links. Write -100 and the number that follows c/, like -1001234567890.":
    "Mit t.me/c/-Links kann tgcf nichts anfangen. Schreiben Sie -100 und die Nummer hinter c/, wie -1001234567890.",
  "This is a link to one message or topic, and tgcf forwards whole chats: leave the number at its end out.":
    "Das ist ein Link zu einer Nachricht oder einem Thema, und tgcf leitet ganze Chats weiter: Lassen Sie die Nummer am Ende weg.",
  "This is not a link to a chat. A chat's link is like t.me/name or, for a private chat, t.me/+AbCdEf.":
    "Das ist kein Link zu einem Chat. Der sieht aus wie t.me/name oder, bei privaten Chats, t.me/+AbCdEf.",
  "This must be at least {limit}.": "Das muss mindestens {limit} sein.",
  "This must be at most {limit}.": "Das darf höchstens {limit} sein.",
  "This must not be empty.": "Das darf nicht leer sein.",
  "This is longer than {limit} characters.": "Das ist länger als {limit} Zeichen.",
  "There are more than {limit} of them.": "Es sind mehr als {limit}.",
  "This is missing.": "Das fehlt.",
  "This must be {what}.": "Das muss {what} sein.",
  "a whole number": "eine ganze Zahl",
  // errors: tgcfd/errors.py and where they are raised
  "The e-mail address or the password is wrong.": "Die E-Mail-Adresse oder das Passwort ist falsch.",
  "This code is wrong, or was used already. Wait for the next one, or use a recovery code.":
    "Dieser Code ist falsch oder wurde schon benutzt. Warten Sie auf den nächsten, oder nehmen Sie einen Wiederherstellungscode.",
  "Some fields are missing or not right; `errors` names each.": "Einige Felder fehlen oder stimmen nicht.",
  "{email} is the last admin of this host: first make somebody else an admin.":
    "{email} ist der letzte Administrator dieses Servers: Machen Sie erst jemand anderen zum Administrator.",
  "The host's owner does not let tgcf run for you. Ask them.":
    "Der Betreiber lässt tgcf für Sie nicht laufen. Fragen Sie ihn.",
  "The plugins take too long on this text: tgcf would stand still at a message like it. Most often it is a regular expression that repeats what repeats already, such as (a+)+, or rules that make the text grow.":
    "Die Plugins brauchen für diesen Text zu lange: tgcf bliebe an so einer Nachricht stehen. Meist ist es ein regulärer Ausdruck, der wiederholt, was sich schon wiederholt, wie (a+)+, oder Regeln, die den Text wachsen lassen.",
  "Your last message is still being tried; try again in a second.":
    "Ihre letzte Nachricht wird noch ausprobiert; versuchen Sie es in einer Sekunde noch einmal.",
  "Too many people try their plugins at this moment; try again in a few seconds.":
    "Gerade probieren zu viele Leute ihre Plugins aus; versuchen Sie es in ein paar Sekunden noch einmal.",
  "tgcf cannot be started on this host now. Try again.":
    "tgcf lässt sich auf diesem Server gerade nicht starten. Versuchen Sie es noch einmal.",
  "The host does not answer. Try again in a moment.": "Der Server antwortet nicht. Versuchen Sie es gleich noch einmal.",
  "The host's disk takes nothing more, so this was not stored. Tell the host's owner.":
    "Die Platte des Servers nimmt nichts mehr auf; es wurde nicht gespeichert. Sagen Sie es dem Betreiber.",
};
