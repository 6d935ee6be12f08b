/**
 * The shapes of what the studio's page and its engine exchange, in JSDoc: the JSON of /api/v1 (docs/api.md
 * says what each route does). Times are milliseconds as in the map's file, places osu! pixels (the field is
 * 512 × 384); an object's index is its place in the map's order of time. Nothing runs in this file; other
 * modules write `@import`s or `import("./types.js").Scene`.
 */

/**
 * @typedef {"circle" | "slider" | "spinner"} ObjectKind
 * @typedef {"normal" | "soft" | "drum"} SampleSet
 * @typedef {"overlap" | "body" | "edge" | "reverseGap" | "streamKink"} AdviceKind
 */

/**
 * Where one object is. `path` and `end` are absolute, not stacked; `stack` is added to all of them when the
 * object is drawn.
 * @typedef {object} Shape
 * @property {number} x
 * @property {number} y
 * @property {[number, number]} stack
 * @property {number[]} [path] x0, y0, x1, y1, … of a slider's line, flattened to 0.1 px
 * @property {[number, number]} [end] the end of the path
 */

/**
 * Shapes of some objects, by index.
 * @typedef {Record<string, Shape>} ShapeMap
 */

/**
 * One moment that is heard. A sound with `tick` is a slider's tick.
 * @typedef {object} HitSound
 * @property {number} time
 * @property {SampleSet} set the set of the hit itself
 * @property {SampleSet} addition the set of whistle, finish and clap
 * @property {boolean} whistle
 * @property {boolean} finish
 * @property {boolean} clap
 * @property {number} index the number of the map's own samples; 0: the game's
 * @property {number} volume 0..100
 * @property {string} [file] a sample of the map that is played instead of the hit
 * @property {boolean} [tick]
 */

/**
 * What is heard for as long as a slider is held.
 * @typedef {object} SlideSound
 * @property {SampleSet} set
 * @property {boolean} whistle
 * @property {number} index
 * @property {number} volume 0..100
 */

/**
 * What stays of an object however it is placed.
 * @typedef {object} SceneObject
 * @property {ObjectKind} kind
 * @property {number} time
 * @property {number} end
 * @property {number} number in its combo, from 1
 * @property {number} colour an index into the scene's comboColours
 * @property {boolean} newCombo
 * @property {number} [spans] how often a slider's path is followed
 * @property {number} [spanDuration]
 * @property {number[]} [ticks] times, absolute
 * @property {HitSound[]} sounds of head, repeats and tail
 * @property {HitSound[]} [tickSounds]
 * @property {SlideSound} [slide]
 */

/**
 * @typedef {object} Difficulty
 * @property {number} hp
 * @property {number} cs
 * @property {number} od
 * @property {number} ar
 * @property {number} radius of a circle, px
 * @property {number} preempt how long before its time an object begins to appear, ms
 * @property {number} fadeIn how long that takes, ms
 * @property {number} sliderMultiplier
 * @property {number} tickRate
 * @property {[number, number, number]} hitWindows of 300, 100 and 50, ms
 */

/**
 * @typedef {object} TimingPoint
 * @property {number} time
 * @property {number} beatLength ms
 * @property {number} meter beats a bar
 */

/**
 * A map, but for where its objects are now (that is the state's).
 * @typedef {object} Scene
 * @property {string} session
 * @property {{name: string, archive: boolean, folder?: string}} source
 * @property {string} title
 * @property {string} artist
 * @property {string} titleUnicode
 * @property {string} artistUnicode
 * @property {string} creator
 * @property {string} version
 * @property {number} beatmapId
 * @property {number} setId
 * @property {number} formatVersion
 * @property {Difficulty} difficulty
 * @property {boolean} audio
 * @property {boolean} background
 * @property {number} previewTime
 * @property {number} length ms
 * @property {string[]} comboColours "#rrggbb"
 * @property {TimingPoint[]} timing
 * @property {[number, number][]} kiai
 * @property {[number, number][]} breaks
 * @property {number[]} bookmarks
 * @property {string[]} samples files of the archive that are samples
 * @property {SceneObject[]} objects
 * @property {Shape[]} shapes of the source
 */

/**
 * @typedef {object} HistoryStep
 * @property {number} index
 * @property {string} kind
 * @property {string} label
 * @property {number} when seconds since 1970
 * @property {number} objects how many it changed
 * @property {number} from ms
 * @property {number} to ms
 */

/**
 * @typedef {object} StateCore
 * @property {number} revision
 * @property {number} step the step of the history that is shown
 * @property {HistoryStep[]} steps
 * @property {number[]} pinned
 * @property {number[]} changed objects that differ from the source
 * @property {string[]} kept the takes that stand in the map
 */

/**
 * @typedef {StateCore & {shapes: Shape[]}} State
 * @typedef {StateCore & {shapes: ShapeMap}} StateChange `shapes` only of what changed
 */

/**
 * @typedef {null | {mapper: string} | {id: number} | {session: true}} Style none, a mapper's, a map's, that
 * of the map at work
 */

/**
 * Which objects is said by one of `objects`, `from` with `to`, and `all`.
 * @typedef {object} PlaceRequest
 * @property {number[]} [objects]
 * @property {number} [from]
 * @property {number} [to]
 * @property {true} [all]
 * @property {number} count
 * @property {number} [seed]
 * @property {Style} style
 * @property {number} [cfgScale]
 * @property {number} strength 0..1
 * @property {string} [base] the take that `strength` starts from, instead of from now
 * @property {boolean} [keepSpacing]
 * @property {boolean} [keepStructure]
 * @property {number} [steps]
 * @property {boolean} [fast]
 */

/**
 * @typedef {object} Take
 * @property {string} id
 * @property {number} seed
 * @property {"waiting" | "running" | "done"} state
 * @property {ShapeMap} [shapes] not there in a list that was asked for without them
 * @property {boolean} [kept] whether it stood in the map when the list was made; the state says whether it does
 */

/**
 * @typedef {object} TakeSet
 * @property {string} id
 * @property {number[]} objects
 * @property {number} from ms
 * @property {number} to ms
 * @property {PlaceRequest} request
 * @property {Take[]} takes
 * @property {boolean} done
 */

/**
 * What a session's stream of events brings.
 * @typedef {{type: "queued", job: string, set: string, place: number}
 *   | {type: "started", job: string, set: string}
 *   | {type: "step", job: string, set: string, take: string, done: number, steps: number, shapes: ShapeMap}
 *   | {type: "take", set: string, take: Take}
 *   | {type: "done", job: string, set: string, cancelled: boolean}
 *   | {type: "failed", job: string, set: string, error: string, hint: string}
 *   | {type: "state", state: StateChange}
 *   | {type: "sets"}} StudioEvent
 */

/**
 * @typedef {object} AdviceItem
 * @property {number} time
 * @property {number[]} objects
 * @property {AdviceKind} kind
 * @property {string} text
 */

/**
 * @typedef {object} About
 * @property {string} version
 * @property {{file: string, name: string, window: number, styles: number, problem?: ApiError}} model `problem`: why the
 * checkpoint cannot be read; only `file` is there then
 * @property {string} device
 * @property {number} threads
 * @property {{library: boolean, saveBeside: boolean}} can
 * @property {{steps: number, sampler: string, count: number, strength: number, cfgScale: {none: number, map:
 * number, mapper: number}}} defaults
 * @property {boolean} fast whether the model knows the sampler of few steps
 */

/**
 * @typedef {object} SourceMap
 * @property {string} file
 * @property {string} version
 * @property {string} mode
 * @property {number} beatmapId
 * @property {string} [problem] why it cannot be opened
 */

/**
 * @typedef {{source: string, name: string, maps: SourceMap[]}} OpenedSource
 * @typedef {{id: string, artist: string, title: string, creator: string, maps: {file: string, version:
 * string}[]}} LibrarySet
 * @typedef {{places: string[], problems: string[], ready: boolean, total: number, sets: LibrarySet[]}} Library
 * @typedef {{session: string, artist: string, title: string, version: string, when: number, steps: number}}
 * RecentSession
 * @typedef {{name: string, count: number}} StyleMapper
 * @typedef {{id: number, artist: string, title: string, version: string, creator: string}} StyleMap
 * @typedef {{mappers: StyleMapper[], maps: StyleMap[]}} Styles
 * @typedef {{maps: StyleMap[], known?: boolean}} StylesLike
 * @typedef {{points: {x: number, y: number, id: number, mapper: string}[]}} StylePoints
 * @typedef {{error: string, hint: string}} ApiError
 */

export {};
