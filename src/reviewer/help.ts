/** What `firsthand-reviewer --help` says. */
export const HELP = `firsthand-reviewer: reads tips on a machine that has no network.

  firsthand-reviewer ceremony DIR --origin NAME    make all keys and a casebook in a new folder
      --epochs N            weeks the certificates last, 1 to 520 (52)
      --quorum K/N          any K of N cards open the secrets (1/1)
      --start DATE          first day of the first week, YYYY-MM-DD (today)
      --keep-days N         days the server keeps what was acknowledged (30)
      --signers N           people who may sign changes of that, any two together (3)
      --person NAME[=ROLES] who will work in the casebook; may be repeated (reviewer). Roles, by commas: lead,
                            reviewer, translator, importer (all four), or reward_officer alone
      --passphrases FILE    a line for each person, in order; who has none gets a card
      --demo                keys to try things out, marked as such, and people's keys without a lock
      --practice            the same, with every step of a real ceremony
      --verify-from FILE    what was typed back from the printed cards, - for what is piped in; else the keyboard

  firsthand-reviewer import FILE     take in a bundle from the server
      --log-key FILE        the log's verifier key, or what \`firsthand keys\` prints; needed once, then pinned
  firsthand-reviewer window          read, grade and decide in a browser on this machine; says its address
      --lock-after MINUTES  without use it locks after these, 1 to 120 (10)
  firsthand-reviewer list            every tip, those of one witness together
  firsthand-reviewer show ID         one tip; the first digits of its id will do
  firsthand-reviewer extract ID DIR  a tip's files into a new folder
  firsthand-reviewer reply ID        answer a tip; what is said leaves sealed with the next outbox
      --text FILE           what is said, plain text: about 4,100 Latin letters or 1,370 Chinese characters
      --challenge           ask for a proof of the claim to a reward
  firsthand-reviewer outbox FILE     a bundle for the server: what is held here, and replies
      --again               the last one once more, byte for byte
  firsthand-reviewer metrics FILE    counts and medians as CSV into a new file; counts below 5 are kept back
  firsthand-reviewer status          counts, keys, what is waiting
  firsthand-reviewer verify          whether the casebook is whole
      --against FOLDER      and how a copy of it in that folder stands to it
  firsthand-reviewer help GUIDE      a guide of a page or two: operator, courier, reviewer, auditor, incidents

  firsthand-reviewer tip …           declare, open, grade, tag, link, move … without the window: tip --help
  firsthand-reviewer referral …      from tips to an agency: referral --help
  firsthand-reviewer claims …        rewards, in the reward officers' own casebook: claims --help
  firsthand-reviewer vouchers …      many equal rewards, paid to whoever brings one: vouchers --help
  firsthand-reviewer verify-dossier FOLDER --key FILE      checks a dossier that an agency received

What takes two people, one to propose and another to confirm:
  firsthand-reviewer propose WHAT WHICH    destroy-tip ID, destroy-epoch FINGERPRINT, release-hold ID,
                                     add-person NAME[=ROLES], remove-person NAME, reveal ID=NAME (what a tip tells of
                                     its own source, to that person), retention CLASS=DAYS
      --new-pass FILE       passphrase or card of who is to be added
  firsthand-reviewer confirm N       somebody else's proposal; it is done at once
  firsthand-reviewer reject N        a proposal is off
  firsthand-reviewer proposals       what waits for a second person

When a holder changes or a card is lost, and after a tip was destroyed:
  firsthand-reviewer replace-cards DIR     new cards in a new folder; the old ones open nothing here any more
      --quorum K/N, --verify-from FILE     as in the ceremony

Before the certificates run out, a year at a time:
  firsthand-reviewer extend DIR      more weeks for the program certificate; its public half into a new folder, for the server's KEYS_DIR
      --epochs N            weeks, 1 to 520 (52)
      --again               no more weeks, only the public half once more
      --rewards FILE        the same for the rewards certificate, rewards.locked; the file is written over. It needs
                            no casebook, and --shares are of its own cards

  firsthand-reviewer retention change FILE --current NOTE
                                     how long the server keeps tips from now on, into a new file; one of the people signs
      --keep-days N         days what was acknowledged is kept
      --at-most N           days anything acknowledged is kept, from its own day
      --grace-days N        days an epoch is accepted longer than it lasts
      --unacknowledged X    keep or destroy what nobody acknowledged in time
      --from DATE           first day of batches it is for (today)
      --signers FILE        verifier keys of those who may sign the change after it, one a line (the same people)
  firsthand-reviewer retention sign FILE --current NOTE
                                     the signature of another of them; then firsthand retention FILE on the server
  firsthand-reviewer retention show FILE
  firsthand-reviewer retention card FILE --origin NAME --number N
                                     the card of one more person, in a new file
      NOTE is /log/policies/NUMBER, or retention.note of the ceremony; the person's card is read from --shares FILE

With every command on a casebook:
      --casebook DIR        the casebook (./casebook)
      --shares FILE         share cards; may be repeated; without it they are asked for
      --person NAME         who acts, if the casebook knows several people
      --pass FILE           that person's passphrase or card; without it it is asked for
With every command:
      --i-know-this-machine-has-a-network   goes on in spite of it; the casebook records it
      --json                the result as one JSON object
      --help                this text

Exit status: 0 done, 1 refused or failed or damage found, 2 not understood.
`;
