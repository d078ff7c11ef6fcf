// Why somebody's tgcf does not run, and what to do: core/reasons.js.
export default {
  "What to do:": "Was zu tun ist:",
  "Something hinders tgcf": "Etwas hindert tgcf",
  "Read the last lines of the log. If they do not help, show them to the host's owner.":
    "Lesen Sie die letzten Zeilen des Protokolls. Helfen sie nicht, zeigen Sie sie dem Betreiber.",
  "No bot is linked": "Kein Bot ist verknüpft",
  "Get a token from @BotFather in Telegram, enter it on the page Telegram, then press Run.":
    "Holen Sie sich bei @BotFather in Telegram ein Token, tragen Sie es auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "Telegram does not accept the bot token": "Telegram nimmt das Bot-Token nicht an",
  "Copy the current token from @BotFather, enter it on the page Telegram, then press Run.":
    "Kopieren Sie das jetzige Token von @BotFather, tragen Sie es auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "No Telegram account is linked": "Kein Telegram-Konto ist verknüpft",
  "Enter a session string, or link a bot instead, on the page Telegram; then press Run.":
    "Tragen Sie auf der Seite Telegram einen Session-String ein, oder verknüpfen Sie einen Bot; drücken Sie dann „Starten“.",
  "The session string is not a whole one": "Der Session-String ist nicht vollständig",
  "Perhaps a part got lost while it was copied. Enter it again on the page Telegram, then press Run.":
    "Vielleicht ging beim Kopieren ein Teil verloren. Tragen Sie ihn auf der Seite Telegram neu ein und drücken Sie dann „Starten“.",
  "Telegram has signed this account out": "Telegram hat dieses Konto abgemeldet",
  "The session was ended, for example in Telegram's list of devices. Make a new session string and enter it on the page Telegram, then press Run.":
    "Die Sitzung wurde beendet, zum Beispiel in Telegrams Geräteliste. Machen Sie einen neuen Session-String, tragen Sie ihn auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "The session was used in two places at once": "Die Sitzung wurde an zwei Orten zugleich benutzt",
  "Telegram ends a session then. Make a new session string, use it here only, enter it on the page Telegram, then press Run.":
    "Telegram beendet sie dann. Machen Sie einen neuen Session-String, benutzen Sie ihn nur hier, tragen Sie ihn auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "Telegram has closed this account": "Telegram hat dieses Konto geschlossen",
  "Link another account on the page Telegram, or ask Telegram's support about this one.":
    "Verknüpfen Sie auf der Seite Telegram ein anderes Konto, oder fragen Sie Telegrams Kundendienst nach diesem.",
  "The API id or the API hash is missing": "Die API-ID oder der API-Hash fehlt",
  "Both are shown at my.telegram.org. Enter them on the page Telegram, then press Run.":
    "Beide zeigt my.telegram.org. Tragen Sie sie auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "Telegram does not accept the API id and API hash": "Telegram nimmt API-ID und API-Hash nicht an",
  "Copy both again from my.telegram.org, enter them on the page Telegram, then press Run.":
    "Kopieren Sie beide noch einmal von my.telegram.org, tragen Sie sie auf der Seite Telegram ein und drücken Sie dann „Starten“.",
  "A bot cannot copy existing messages": "Ein Bot kann keine vorhandenen Nachrichten kopieren",
  "Telegram shows bots no history. Link a user account on the page Telegram, or run live mode.":
    "Telegram zeigt Bots keinen Verlauf. Verknüpfen Sie auf der Seite Telegram ein Benutzerkonto, oder leiten Sie neue Nachrichten weiter.",
  "No connection can be used": "Keine Verbindung ist brauchbar",
  "Look at the connections: each needs a source and a destination that the account can see. Correct them, then press Run.":
    "Sehen Sie sich die Verbindungen an: Jede braucht eine Quelle und ein Ziel, die das Konto sehen kann. Berichtigen Sie sie und drücken Sie dann „Starten“.",
  "Something is missing before tgcf can run": "Es fehlt noch etwas, bevor tgcf laufen kann",
  "Enter what is named here, save, then press Run.":
    "Tragen Sie ein, was hier genannt ist, speichern Sie, und drücken Sie dann „Starten“.",
  "A plugin cannot work on this host": "Ein Plugin kann auf diesem Server nicht arbeiten",
  "Switch the plugin off, or ask the host's owner to install what it needs. Then press Run.":
    "Schalten Sie das Plugin aus, oder bitten Sie den Betreiber, zu installieren, was es braucht. Drücken Sie dann „Starten“.",
  "tgcf has found no configuration": "tgcf hat keine Konfiguration gefunden",
  "Save the configuration once more, then press Run.":
    "Speichern Sie die Konfiguration noch einmal und drücken Sie dann „Starten“.",
  "The configuration is not right": "Die Konfiguration stimmt nicht",
  "Correct what is named here, save, then press Run.":
    "Berichtigen Sie, was hier genannt ist, speichern Sie, und drücken Sie dann „Starten“.",
  "The stored configuration cannot be read": "Die gespeicherte Konfiguration ist nicht lesbar",
  "Correct the file on the page Advanced, or go back to an earlier version there. Then press Run.":
    "Berichtigen Sie die Datei auf der Seite Erweitert, oder kehren Sie dort zu einer früheren Version zurück. Drücken Sie dann „Starten“.",
  "tgcf does not take this configuration": "tgcf nimmt diese Konfiguration nicht an",
  "The last lines of the log say why. Correct it, then press Run.":
    "Die letzten Zeilen des Protokolls sagen, warum. Berichtigen Sie es und drücken Sie dann „Starten“.",
  "Telegram cannot be reached yet": "Telegram ist noch nicht erreichbar",
  "It is tried again by itself. If it stays so, the host's network or Telegram has a problem: tell the host's owner.":
    "Es wird von selbst wieder versucht. Bleibt es so, hat das Netz des Servers oder Telegram eine Störung: Sagen Sie es dem Betreiber.",
  "The connection to Telegram is lost for the moment": "Die Verbindung zu Telegram ist gerade unterbrochen",
  "It is tried again by itself, and nothing new is missed meanwhile.":
    "Es wird von selbst wieder versucht, und nichts Neues geht derweil verloren.",
  "Telegram asks for a pause": "Telegram verlangt eine Pause",
  "tgcf waits as long as Telegram wants and goes on by itself. Restarting does not help. A longer pause in past mode (page Advanced) avoids it.":
    "tgcf wartet, solange Telegram will, und macht von selbst weiter. Ein Neustart hilft nicht. Eine längere Pause beim Kopieren (Seite Erweitert) beugt vor.",
  "Telegram cannot be reached": "Telegram ist nicht erreichbar",
  "tgcf is started again by itself. If it stays so, the host's network or Telegram has a problem: tell the host's owner.":
    "tgcf wird von selbst wieder gestartet. Bleibt es so, hat das Netz des Servers oder Telegram eine Störung: Sagen Sie es dem Betreiber.",
  "The connection to Telegram did not come back": "Die Verbindung zu Telegram kam nicht wieder",
  "tgcf is started again by itself. If it stays so, tell the host's owner.":
    "tgcf wird von selbst wieder gestartet. Bleibt es so, sagen Sie es dem Betreiber.",
  "Telegram signed the bot out": "Telegram hat den Bot abgemeldet",
  "tgcf is started again to sign in anew. If it does not get in, enter the bot's current token on the page Telegram.":
    "tgcf wird wieder gestartet, um sich neu anzumelden. Gelingt das nicht, tragen Sie auf der Seite Telegram das jetzige Token des Bots ein.",
  "The Telegram account or the plugins were changed": "Das Telegram-Konto oder die Plugins wurden geändert",
  "tgcf is started again by itself to use them.": "tgcf wird von selbst wieder gestartet, um sie zu benutzen.",
  "The host has too much to do at the moment": "Der Server hat gerade zu viel zu tun",
  "Try again in a minute. If it stays so, tell the host's owner.":
    "Versuchen Sie es in einer Minute noch einmal. Bleibt es so, sagen Sie es dem Betreiber.",
  "tgcf met a problem that may pass": "tgcf ist auf etwas gestoßen, das vorübergehen kann",
  "It is tried again by itself. The last lines of the log say what it was.":
    "Es wird von selbst wieder versucht. Die letzten Zeilen des Protokolls sagen, was es war.",
  "tgcf runs already": "tgcf läuft schon",
  "If it runs in the other mode, press Stop first, then Run.":
    "Läuft es im anderen Modus, drücken Sie erst „Anhalten“, dann „Starten“.",
  "tgcf met an error that nobody expected": "tgcf ist auf einen unerwarteten Fehler gestoßen",
  "It is tried again by itself. If it happens again, show the last lines of the log to the host's owner.":
    "Es wird von selbst wieder versucht. Geschieht es wieder, zeigen Sie dem Betreiber die letzten Zeilen des Protokolls.",
  "tgcf crashed": "tgcf ist abgestürzt",
  "It is started again by itself. If it happens again, show the last lines of the log to the host's owner.":
    "Es wird von selbst wieder gestartet. Geschieht es wieder, zeigen Sie dem Betreiber die letzten Zeilen des Protokolls.",
  "The host's settings for Telegram are not right": "Die Einstellungen des Servers für Telegram stimmen nicht",
  "Only the host's owner can correct that. Send them this message.":
    "Nur der Betreiber kann das berichtigen. Schicken Sie ihm diese Meldung.",
  "tgcf is not installed on this host": "tgcf ist auf diesem Server nicht installiert",
  "tgcf cannot store how far it is": "tgcf kann nicht speichern, wie weit es ist",
  "It is tried again by itself. If it stays so, the host's disk may be full: send this message to the host's owner.":
    "Es wird von selbst wieder versucht. Bleibt es so, ist vielleicht die Platte des Servers voll: Schicken Sie dem Betreiber diese Meldung.",
  "tgcf cannot use its folder": "tgcf kann seinen Ordner nicht benutzen",
  "The host's disk is full": "Die Platte des Servers ist voll",
  "Only the host's owner can make room. Send them this message.":
    "Nur der Betreiber kann Platz schaffen. Schicken Sie ihm diese Meldung.",
  "The host could not start tgcf": "Der Server konnte tgcf nicht starten",
  "Press Run once more. If it fails again, send this message to the host's owner.":
    "Drücken Sie noch einmal „Starten“. Misslingt es wieder, schicken Sie dem Betreiber diese Meldung.",
  "The host's owner does not let your tgcf run": "Der Betreiber lässt Ihr tgcf nicht laufen",
  "Ask them why.": "Fragen Sie ihn, warum.",
  "The host does not answer": "Der Server antwortet nicht",
  "Try again in a minute. If it stays so, send this message to the host's owner.":
    "Versuchen Sie es in einer Minute noch einmal. Bleibt es so, schicken Sie dem Betreiber diese Meldung.",
  "tgcf hung and was ended": "tgcf hing und wurde beendet",
  "tgcf needed more memory than it may use": "tgcf brauchte mehr Speicher, als es benutzen darf",
  "It is started again by itself. If it happens again, switch off plugins that you do not need, or ask the host's owner for more memory.":
    "Es wird von selbst wieder gestartet. Geschieht es wieder, schalten Sie Plugins aus, die Sie nicht brauchen, oder bitten Sie den Betreiber um mehr Speicher.",
  "The host ended tgcf by force": "Der Server hat tgcf gewaltsam beendet",
  "Most likely the memory ran out. It is started again by itself. If it happens again, switch off plugins that you do not need, or ask the host's owner for more memory.":
    "Wahrscheinlich ging der Speicher aus. Es wird von selbst wieder gestartet. Geschieht es wieder, schalten Sie Plugins aus, die Sie nicht brauchen, oder bitten Sie den Betreiber um mehr Speicher.",
  "tgcf was not ready in time": "tgcf war nicht rechtzeitig bereit",
  "It is started again by itself. The last lines of the log may say what it waited for; with many connections, pause some.":
    "Es wird von selbst wieder gestartet. Die letzten Zeilen des Protokolls sagen vielleicht, worauf es wartete; bei vielen Verbindungen halten Sie einige an.",
  "tgcf was ended because it flooded the host": "tgcf wurde beendet, weil es den Server überflutete",
  "Press Run to start it again. If it happens again, send this message to the host's owner.":
    "Drücken Sie „Starten“. Geschieht es wieder, schicken Sie dem Betreiber diese Meldung.",
  "tgcf had to be ended by force": "tgcf musste gewaltsam beendet werden",
  "It did not end by itself in time. Nothing has to be done; press Run when you want it again.":
    "Es endete nicht rechtzeitig von selbst. Zu tun ist nichts; drücken Sie „Starten“, wenn Sie es wieder brauchen.",
  "tgcf is stopped": "tgcf ist angehalten",
  "Press Run to start it again.": "Drücken Sie „Starten“, damit es wieder läuft.",
  "All existing messages are copied": "Alle vorhandenen Nachrichten sind kopiert",
  "Press Run to look for more, or forward new messages as they come.":
    "Drücken Sie „Starten“, um nach weiteren zu sehen, oder leiten Sie neue Nachrichten weiter, sobald sie kommen.",
  "The host's owner stopped tgcf": "Der Betreiber hat tgcf angehalten",
  "Press Run to start it again; if it is stopped once more, ask them why.":
    "Drücken Sie „Starten“, damit es wieder läuft; wird es erneut angehalten, fragen Sie ihn, warum.",
  "tgcf ended although nobody asked it to": "tgcf endete, obwohl es niemand wollte",
  "Press Run to start it again. If it happens again, show the last lines of the log to the host's owner.":
    "Drücken Sie „Starten“, damit es wieder läuft. Geschieht es wieder, zeigen Sie dem Betreiber die letzten Zeilen des Protokolls.",
  "tgcfd itself was ended": "tgcfd selbst wurde beendet",
  "tgcf is started again with it by itself. If it is not, press Run.":
    "tgcf startet mit ihm von selbst wieder. Wenn nicht, drücken Sie „Starten“.",
};
