/*
 * The life of a tip on the server, as a model for Spin: receipt, seal, publish, export, acknowledge, purge, with a crash before every step.
 *
 * What is here and nowhere else: the order of the durable steps. What is left out: bytes, cryptography, unfinished tips, decoys, replies. A step has the name the
 * code gives it (`progress("…")` in src/server/courier), in the code's order: lifecycle.test.ts compares them.
 *
 * Three places keep things when everything is killed: PostgreSQL (`db`), files beside it (keys, the checkpoint signed last), and the world, which never forgets
 * (receipts, what was published, the stick, the review machine). An older dump of PostgreSQL may be put back; the other two stay.
 *
 * Every run ends: there is no cycle (pan -l), and what an end must look like is checked there (`the_end`). So "in the end always purged" is an assertion.
 *
 * CRASHES    how often everything is killed
 * RESTORES   how often the operator puts back an older dump (0 or 1)
 * WITNESSES  how many send a tip (1 or 2)
 * BROKEN     0: as the code is. Else one defence is taken out, and an assertion must fail (table in lifecycle.test.ts)
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef RESTORES
#define RESTORES 0
#endif
#ifndef WITNESSES
#define WITNESSES 2
#endif
#ifndef BROKEN
#define BROKEN 0
#endif

#define TIPS 2
#define BATCHES 2
/* Generation n becomes batch n; the last one stays open. Index 0 is not used. */
#define GENERATIONS 4
/* received and sealed, exported, acknowledged, purged: at most so many entries */
#define ENTRIES 11

/* States of a batch. */
#define NONE 0
#define SEALED 1
#define EXPORTED 2
#define ACKNOWLEDGED 3
#define PURGED 4

/* Entries of the log, each of its own value. */
#define received(tip, batch) (10 * (batch) + (tip) + 1)
#define sealed_(batch) (40 + (batch))
#define exported(first, last) (50 + 3 * (first) + (last))
#define acknowledged(batch) (70 + (batch))
#define purged(batch) (80 + (batch))

typedef Database {
  byte open;                     /* the open generation */
  bool partitions[GENERATIONS];  /* where its tips wait */
  byte waits[TIPS];              /* the generation a tip waits in; 0: none */
  bool accepted[TIPS];           /* a receipt may be given; kept for ever */
  byte item[TIPS];               /* the batch whose items have it; 0: none */
  bool planned;                  /* a sealing is written down */
  byte plan;                     /* of this generation */
  byte state[GENERATIONS];
  bool purging[GENERATIONS];
  byte prepared;                 /* last batch of the bundle that is written down and not logged; 0: none */
  byte bundles;                  /* bundles that are logged */
  byte exported_through;         /* last batch of them */
  byte imports;                  /* acknowledgements taken in */
  byte entry[ENTRIES];
  byte entries;
  byte published                 /* entries below the published checkpoint */
}
Database db;
Database dump;
bool dumped;

/* Files beside PostgreSQL. */
bool generation_key[GENERATIONS];
bool batch_key[GENERATIONS];
byte kept[ENTRIES];              /* checkpoint.last: stands for the entries it is over */
byte kept_size;

/* The world. */
bool receipt[TIPS];
byte known[ENTRIES];             /* what somebody saw published */
byte known_size;
byte stick_last[GENERATIONS];    /* bundle n on the stick: its last batch; 0: not there */
byte stick_tips[GENERATIONS];    /* … and its tips, a set of bits */
bool holds[TIPS];                /* the review machine has it */
byte imported;                   /* bundles the review machine took in */
byte imported_through;           /* batches it acknowledges */

byte crashes = CRASHES;
byte restores = RESTORES;
bool keys_missing;               /* the server does not start on this database */
bool went_back;                  /* it signs nothing on this database */

#define entries_all_published (db.published == db.entries)

inline put_entry(value) {
  assert(db.entries < ENTRIES);
  db.entry[db.entries] = value;
  db.entries++
}

/* Steps of ours that the code does not announce are `between`. */
#define between() step("")
/* A crash ends the process: what it knew in memory is gone, and it starts again; with an older dump, if the operator puts one back. */
#define step(name) if :: true :: atomic { crashes > 0 -> crashes-- }; goto start :: atomic { dumped && restores > 0 -> restores-- }; put_back(); goto start fi

/* The tip can still be read, or people have it. */
#define readable(t) ( \
  (db.waits[t] > 0 && db.partitions[db.waits[t]] && generation_key[db.waits[t]]) || \
  (db.item[t] > 0 && batch_key[db.item[t]]) || holds[t])

/* Nothing with a receipt is lost. An older dump of PostgreSQL loses what came after it; then only the log is held to anything. */
inline check() {
  d_step {
    assert(RESTORES > 0 || ((!receipt[0] || readable(0)) && (!receipt[1] || readable(1))))
  }
}

/* All of PostgreSQL at one moment. */
inline take_dump() {
  d_step {
    dump.open = db.open; dump.planned = db.planned; dump.plan = db.plan; dump.prepared = db.prepared; dump.bundles = db.bundles;
    dump.exported_through = db.exported_through; dump.imports = db.imports; dump.entries = db.entries; dump.published = db.published;
    i = 0;
    do
    :: i < TIPS -> dump.waits[i] = db.waits[i]; dump.accepted[i] = db.accepted[i]; dump.item[i] = db.item[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < GENERATIONS -> dump.partitions[i] = db.partitions[i]; dump.state[i] = db.state[i]; dump.purging[i] = db.purging[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < ENTRIES -> dump.entry[i] = db.entry[i]; i++
    :: else -> break
    od;
    i = 0
  }
}

/* All of PostgreSQL as it was. */
inline put_back() {
  d_step {
    db.open = dump.open; db.planned = dump.planned; db.plan = dump.plan; db.prepared = dump.prepared; db.bundles = dump.bundles;
    db.exported_through = dump.exported_through; db.imports = dump.imports; db.entries = dump.entries; db.published = dump.published;
    i = 0;
    do
    :: i < TIPS -> db.waits[i] = dump.waits[i]; db.accepted[i] = dump.accepted[i]; db.item[i] = dump.item[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < GENERATIONS -> db.partitions[i] = dump.partitions[i]; db.state[i] = dump.state[i]; db.purging[i] = dump.purging[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < ENTRIES -> db.entry[i] = dump.entry[i]; i++
    :: else -> break
    od;
    i = 0
  }
}

/* writer.ts: entries are stored already; sign, keep, publish. Nothing is signed that does not extend what was. */
inline publish() {
  d_step {
#if BROKEN != 4
    extends = (db.entries >= kept_size);
    i = 0;
    do
    :: i < kept_size && extends -> extends = (db.entry[i] == kept[i]); i++
    :: else -> break
    od
#else
    extends = true
#endif
    ;
    i = 0
  };
  if
  :: !extends -> went_back = true; goto stopped
  :: else
  fi;
  if
  :: entries_all_published
  :: else ->
     upto = db.entries;
     step("signing");
#if BROKEN == 5
     step("publishing");
     make_known();
#endif
     step("keeping the checkpoint");
     d_step {
       i = 0;
       do
       :: i < upto -> kept[i] = db.entry[i]; i++
       :: else -> break
       od;
       kept_size = upto; i = 0
     };
#if BROKEN != 5
     step("publishing");
     make_known();
#endif
  fi
}

/* What is published is seen. It extends whatever was seen before: no fork. And what it says of keys is true. */
inline make_known() {
  d_step {
    i = 0;
    do
    :: i < known_size && i < upto -> assert(known[i] == db.entry[i]); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < upto ->
       known[i] = db.entry[i];
       if
       :: db.entry[i] == purged(1) -> assert(!batch_key[1])
       :: db.entry[i] == purged(2) -> assert(!batch_key[2])
       :: else
       fi;
       i++
    :: else -> break
    od;
    if
    :: upto > known_size -> known_size = upto
    :: else
    fi;
    db.published = upto; i = 0; upto = 0
  }
}

/* seal.ts */
inline seal() {
  if
  :: !db.planned -> between(); d_step { db.planned = true; db.plan = db.open }
  :: else
  fi;
  batch = db.plan;
  if
  :: db.state[batch] == NONE ->
     step("closing the generation");
     if
     :: db.open == batch ->
        generation_key[batch + 1] = true;
        between();
        d_step { db.open = batch + 1; db.partitions[batch + 1] = true }
     :: else
     fi;
     step("sealing decoys");
#if BROKEN == 2
     drop_generation();
#endif
#if BROKEN != 6
     step("making the batch key");
     batch_key[batch] = true;
#endif
     step("writing items");
     d_step {
       i = 0;
       do
       :: i < TIPS ->
          if
          :: db.waits[i] == batch -> db.item[i] = batch; put_entry(received(i, batch))
          :: else
          fi;
          i++
       :: else -> break
       od;
       i = 0;
       put_entry(sealed_(batch));
       db.state[batch] = SEALED
     };
#if BROKEN == 6
     step("making the batch key");
     batch_key[batch] = true;
#endif
  :: else
  fi;
  publish();
  drop_generation();
  step("destroying the generation key");
  d_step { db.planned = false; batch = 0 };
  check()
}

inline drop_generation() {
  step("dropping the generation");
  d_step {
    i = 0;
    do
    :: i < TIPS ->
       if
       :: db.waits[i] == batch -> db.waits[i] = 0
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0;
    db.partitions[batch] = false
  };
  between();
  generation_key[batch] = false;
  check()
}

/* export.ts: what is written down decides the bytes. */
inline export() {
  step("preparing the bundle");
#if BROKEN != 7
  if
  :: db.prepared == 0 -> db.prepared = db.open - 1
  :: else
  fi;
  batch = db.prepared;
#else
  batch = db.open - 1;
#endif
  step("writing the bundle");
  step("naming the bundle");
  d_step {
    upto = db.bundles + 1;
    /* Bundle n is one and the same, however often it is written. */
    assert(RESTORES > 0 || stick_last[upto] == 0 || stick_last[upto] == batch);
    stick_last[upto] = batch; stick_tips[upto] = 0;
    i = 0;
    do
    :: i < TIPS ->
       if
       :: db.item[i] > db.exported_through && db.item[i] <= batch -> assert(batch_key[db.item[i]]); stick_tips[upto] = stick_tips[upto] | (1 << i)
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0; upto = 0
  };
  step("logging the export");
  d_step {
    i = db.exported_through + 1;
    put_entry(exported(i, batch));
    do
    :: i <= batch -> db.state[i] = EXPORTED; i++
    :: else -> break
    od;
    db.exported_through = batch; db.bundles++; db.prepared = 0; i = 0
  };
  publish()
}

/* import.ts: all or nothing, with its entries. */
inline import() {
  step("reading the bundle");
  batch = imported_through;
  step("recording acknowledgements");
  d_step {
    i = 1;
    do
    :: i <= batch && db.state[batch] >= EXPORTED ->
       if
       :: db.state[i] == EXPORTED -> db.state[i] = ACKNOWLEDGED; put_entry(acknowledged(i))
       :: else
       fi;
       i++
    :: else -> break
    od;
    /* A bundle of a batch that is not exported yet is refused whole, and comes again. */
    if
    :: db.state[batch] >= EXPORTED -> db.imports = batch
    :: else
    fi;
    i = 0; batch = 0
  };
  publish()
}

/* purge.ts */
inline purge() {
  step("beginning the purge");
  db.purging[batch] = true;
#if BROKEN == 8
  step("logging the purge");
  d_step { db.state[batch] = PURGED; put_entry(purged(batch)) };
  publish();
#endif
  step("destroying the batch key");
  /* Never before the review machine has what is in it. */
  d_step {
    assert(imported_through >= batch);
    batch_key[batch] = false
  };
  step("dropping items");
  d_step {
    i = 0;
    do
    :: i < TIPS ->
       if
       :: db.item[i] == batch -> db.item[i] = 0
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0
  };
  step("rewriting remnants");
  step("looking for remnants");
  assert(!batch_key[batch] && db.item[0] != batch && db.item[1] != batch);
#if BROKEN != 8
  step("logging the purge");
  d_step { db.state[batch] = PURGED; put_entry(purged(batch)) };
  publish();
#endif
  check()
}

#if BROKEN == 3
#define purgeable(b) (db.state[b] == EXPORTED || db.state[b] == ACKNOWLEDGED)
#else
#define purgeable(b) (db.state[b] == ACKNOWLEDGED)
#endif
/* A last sealing waits until every tip has come: those after it would wait for a day that the model does not have. */
#define may_seal (db.open < BATCHES || (db.open == BATCHES && db.accepted[0] && (WITNESSES == 1 || db.accepted[1])))
#define may_export (db.open > 1 && db.state[db.open - 1] == SEALED)
#define may_import (imported_through > db.imports && db.state[imported_through] == EXPORTED)

proctype keeper() {
  byte i, batch, upto;
  bool extends;
start:
  i = 0; batch = 0; upto = 0; extends = false;
  /* openFirstGeneration, then keep(): keys first, then what is stored and not published, then an interrupted sealing. */
  if
  :: (db.partitions[1] && !generation_key[1]) || (db.partitions[2] && !generation_key[2]) || (db.partitions[3] && !generation_key[3]) ->
     keys_missing = true; goto stopped
  :: else
  fi;
  publish();
end_of_work:
  do
  :: db.planned -> seal()
  :: !db.planned && may_seal -> seal()
  :: !db.planned && may_export -> export()
  :: !db.planned && may_import -> import()
  :: !db.planned && purgeable(1) -> batch = 1; purge()
  :: !db.planned && purgeable(2) -> batch = 2; purge()
  od;
stopped:
  /* Only an operator helps. */
  skip
}

/* Intake: the receipt after the commit. Whoever has none sends again, and is answered the same. */
proctype witness(byte tip) {
  do
  :: receipt[tip] || keys_missing -> break
  :: !receipt[tip] && !keys_missing && generation_key[db.open] ->
#if BROKEN == 1
     receipt[tip] = true;
     if :: true :: atomic { crashes > 0 -> crashes-- }; break fi;
#endif
     d_step {
       if
       :: !db.accepted[tip] -> db.accepted[tip] = true; db.waits[tip] = db.open
       :: else
       fi
     };
     if
     :: receipt[tip] = true
     :: atomic { crashes > 0 -> crashes-- }
     fi
  od
}

/* Takes in bundles in their order, each once, and all of it. */
proctype review_machine() {
end_of_work:
  do
  :: d_step { stick_last[imported + 1] > 0 ->
       imported++;
       holds[0] = holds[0] || ((stick_tips[imported] & 1) != 0);
       holds[1] = holds[1] || ((stick_tips[imported] & 2) != 0);
       imported_through = stick_last[imported] }
  od
}

#if RESTORES > 0
/* At any one moment a dump is made. */
proctype operator() {
  byte i;
  take_dump();
  dumped = true
}
#endif

/* Every run gets here. */
proctype the_end() {
  timeout ->
    if
    :: RESTORES > 0 -> skip
    :: else ->
       assert(!went_back && !keys_missing);
       assert(receipt[0] && holds[0] && (WITNESSES == 1 || (receipt[1] && holds[1])));
       assert(db.state[1] == PURGED && db.state[2] == PURGED && entries_all_published);
       assert(!generation_key[1] && !generation_key[2] && generation_key[3]);
       assert(db.waits[0] == 0 && db.waits[1] == 0 && db.item[0] == 0 && db.item[1] == 0);
       /* Each tip once in the log. */
       assert(known_size == db.entries)
    fi
}

init {
  d_step { db.open = 1; db.partitions[1] = true; generation_key[1] = true };
  atomic {
    run keeper(); run review_machine(); run the_end(); run witness(0);
#if WITNESSES == 2
    run witness(1);
#endif
#if RESTORES > 0
    run operator()
#endif
  }
}
