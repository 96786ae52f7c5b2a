"""Words of sentences, which the search for names does not take for names. Data, no I/O.

FREQUENT: the most frequent words of English texts, without given and family names, from the lists of zxcvbn (MIT,
Dropbox; Wikipedia and subtitles). The other tables are ours, written for captions of schools.
"""

from __future__ import annotations

FREQUENT = frozenset(
    """
aaaah aaah abandon abandoned abbreviated abducted abilities ability able aboard abolished aboriginal abortion about
above abroad absence absent absolute absolutely absorbed abstract absurd abuse academic academics academy accent
accept acceptable acceptance accepted accepting accessible accessory accident accidentally accidents acclaim
acclaimed accommodate accommodation accompanied accompanying accomplice accomplish accomplished accordance according
account accountant accounting accounts accredited accuracy accurate accusation accusations accuse accused accusing
achieve achieved achievement achievements achieving acid acknowledge acknowledged acoustic acquainted acquire
acquired acquisition acre acres across act acted acting actions activated active actively activist activists
activities activity actor actors actress acts actual actually adaptation adapted added addict addicted addiction
adding addition additional additionally address addressed adds adebisi adios adjacent adjourned adjust adjustment
administered administration administrative administrator admiral admire admired admission admit admitted admitting
adopt adopted adoption adorable adore adores adult adults advance advanced advances advancing advantage advantages
adventure adventures advertising advice advise advised advisor advisory advocacy advocate advocated aerial affair
affairs affect affected affection affects affiliate affiliated afford afghanistan afraid africa african after
aftermath afternoon afterwards again against age aged agencies agency agenda agent agents ages aggregate aggressive
ago agony agree agreed agreeing agreement agreements agrees agricultural agriculture ahead ahem ahhh ahold aidan
aided aids aimed aims air aircraft aired aires airfield airing airline airlines airport aisle aitoro alarm albania
albanian album albums alcazar alcohol alcoholic alert algebra algeria algorithm alibi alien alignment alike alistair
alive all allegations alleged allegedly allergic alliance allied allies allmusic allocated allow allowance allowed
allowing allows allright almighty almost alone along alongside already alright also altar altered alternate
alternative although altitude altogether alumni always amazed amazing ambassador ambition ambitious ambulance amen
amendment amends american americans americas ammunition amnesia among amongst amount amounts amulet amusing analog
analysis analyze ancestors ancestry anchor ancient and andie angeles anger anglican anglo angry animals animated
animation ankle anniversary announce announced announcement annoying annual annually annulment anonymous another
answer answered answering answers antarctic anthology anti antibiotics antidote antique ants anxiety anxious any
anybody anyhow anymore anyone anyplace anything anytime anyway anyways anywhere apart apartment apartments apologies
apologize apologized apologizing apology apophis apparent apparently appeal appealing appeals appear appearance
appearances appeared appearing appears appetite application applications applied apply appointed appointment
appointments appreciate appreciated appreciates appreciation approach approached approaches approaching appropriate
approval approve approved approximately arab arabia arabic arcade arch archaeological archbishop architect
architects architectural architecture archive archives arctic are area areas arena argentina argentine argue argued
argues arguing argument arguments arkansas armed armenia armenian armies armor armoured arms army arose around
arrange arranged arrangement arrangements array arrest arrested arresting arrival arrive arrived arrives arriving
arrogant arson artery article articles artifacts artificial artillery artist artistic artists arts artwork asap
ashamed ashes asia asian aside ask asked askin asking asks asleep aspect aspects aspirin assassination assault
assembled assembly assets assigned assignment assignments assist assistance assistant assisted assists associate
associated associates association associations assume assumed assuming assure assured athens athlete athletes
athletic athletics atlantic atmosphere attached attack attacked attacking attacks attempt attempted attempting
attempts attend attendance attended attending attention attic attitude attorney attorneys attract attracted
attraction attractions attractive attributed auckland auction audience audiences audio audition aunt auntie aunts
australia australian austria austrian author authored authorities authority authorized authors auto autobiography
autograph automatic automatically automobile autonomous autopsy auxiliary availability available avanya avenue
average averaged aviation avoid avoiding awake award awarded awards aware awareness away awful awfully awhile
awkward awright awww axis azerbaijan babbling babies baby babysitter babysitting bachelor back backed background
backing backpack backs backstage backup backwards backyard bacteria bad badge badly baggage bags bail bailed bailing
bait bake baked baking balance balcony bald ballet ballistic ballot balsom baltic baltimore band bands banging
bangladesh bank banking bankruptcy banned baptist bar barbecue bare barely bargain barge bark barn baronet baroque
barracks barrel barrier barrington bars bartender bartlet base based basement bases basic basically basin basis
basketball bassist batch bath bathing bathroom bathtub bats battalion battalions batted batteries battery batting
battle bavaria bay beacon beans bearing bears beat beaten beating beats beautiful beautifully became because become
becomes becoming bed bedroom bedrooms beds bedside bedtime beef been beep bees before began begged begging begin
beginning begins begun behalf behave behaving behavior behaviour behind behold beijing bein being beings belfast
belgian belgium belgrade belief beliefs believe believed believes believing bells belly belong belonged belonging
belongs beloved below belt belthazor bench bend beneath benefit benefits bengal bent berkeley bermuda beside besides
best bet beta betcha betray betrayal betrayed betraying bets better betting between beware beyond bible biblical
bidding big bigger biggest bike billboard billion binding biography biological biology birds birmingham birth
birthday bishops bit bite bites biting bits bitter bizarre blackmail blackmailed blackmailing blah blame blamed
blames blaming blanket blankets blast bleed bleeding blend bless blessings blew blind blink block blocked blocking
blocks blog blond blood blooded bloody blouse blow blowing blown blows bluff bluffing board boarding boards boat
boats bodies body bodyguard bogus boil bold bomb bombardment bombing bombs bonding bone bonus book booked books
bookstore boom boost boot booze border bordered bore bored boring born borough borrow borrowed bosnia boss bosses
both bother bothered bothering bothers bottle bottles bottom bought boulevard bouncing bound boundaries boundary
bounded bouquet bourbon bout boutique bowl box boxes boy boyfriend boyfriends boys bracelet brains brakes branches
brand branded brands brat brave brazilian breach bread break breakdown breakfast breaking breaks breakup breath
breathe breathing breed breeding brewery bribe brick bridal bride bridge brief briefcase briefing briefly brigade
brigadier brilliant bring bringing brings brisbane britain british broad broadcast broadcasting broadcasts broadway
broke broken bronze brother brothers brought bruise bruises brunswick brush brussels brutal buckaroo buckle bucks
buddhism buddhist buddies budget buenos buff buffy bugged bugging bugs build building buildings built bulgaria
bulgarian bulk bulletin bullets bully bummed bump bumped bundle buns bureau burgers burial buried burn burned
burning burnt burst bury buses bushes business businesses businessman bust busted busting busy but buts butt butters
button buy buyer buying buys buzz bye byzantine cabin cabinet cable cabot cafe cafeteria caffeine cairo cake cakes
calculated calendar call called caller calling calls calm cambias cambridge came camera cameras camp campaign
campaigns camping camps campus can canadian canal cancel canceled cancelled candidate candidates candles cane canned
cannot cans canterbury canton canyon capabilities capability capable capacity cape capeside capita capital capitol
cappuccino caps capture captured car carbon card cardiac cardiff cardinals cards care cared career careers careful
carefully careless cares cargo caribbean caring carnegie carriage carried carriers carries carry carrying cars cart
carved cascade case cases casket cassadine cast casting castle casual casualties catch catches catching categories
category catering cathedral catholic catholics cattle caught cause caused causes causing caution cautious cavalry
cave caviar cease ceased ceiling celebrate celebrated celebrating celebration celebrations celebrity cell cellar
cells cemetery census cent center centered centers central centre centres cents centuries century cereal ceremonies
ceremony certain certainly certificate certification certified chain chains chair chairman chairs chalk challenge
challenged challenges challenging chamber champagne champions championship championships chance chancellor chances
change changed changes changing channel channels chapel chapter chapters character characteristic characteristics
characterized characters charade charge charged charges charging charitable charleston charming charms chart charter
charts chased chasing chassis chatting chauffeur cheap cheat cheated cheating check checked checking checks cheer
cheering cheerleader cheesy chef chemical chemistry cheque chess chest chewing chief child childhood childish
children chile chilean chili chill china chinese chip chips chocolate choice choices choir choke choking choo choose
choosing chop chopped chops chorus chose chosen christening christianity christians christmas chronicle chunk church
churches ciao cigar cigarette cigarettes cincinnati cinema circle circles circuit circular circulation circumstances
circus citation cited cities citing citizen citizens citizenship city civic civil civilian civilians civilization
civilized claim claimed claiming claims clamp clan classical classification classified classroom classy claus clause
claw claws clean cleaned cleaner cleaners cleaning clear clearance cleared clearing clearly clergy clerk clever
client clients climate climb climbed climbing clinic clinical clip clock close closed closely closer closes closest
closet closing closure clothes clothing clown club clubs clue clueless clues cluster coach coached coaches coaching
coal coalition coast coastal coaster coat cocoa code codes coffeehouse cognitive coin coincidence coins cold
collaborated collaboration collapse collapsed collar colleague colleagues collect collected collecting collection
collections collective collector college colleges collegiate colonel colonial colonies colony color colored colour
colours columbia column columns coma comb combat combination combine combined combining come comedian comedy comes
comfort comfortable comforting comfy comic comics comin coming command commanded commander commanders commanding
commenced comment commentary commented comments commerce commercial commercially commission commissioned
commissioner commit commitment committed committee committees committing common commonly commons commonwealth
commune communicate communicating communication communications communist communities community compact companies
companion company compare compared comparison compassion compassionate compensation compete competed competing
competition competitions competitive competitors compilation compiled complain complaining complaint complaints
complete completed completely completing completion complex complexity complicated complications compliment
compliments component components composed composer composers composition compositions compound compounds
comprehensive comprised comprises comprising compromise compromised computers computing conceived concentrate
concentrated concentration concept concepts concern concerned concerning concerns concert concerts concluded
conclusion conclusions concussion condemned condition conditioning conditions condo condoms conduct conducted
conducting conductor confederate confederation conference conferences confess confessed confessing confession
confide confidence confident confidential confidentiality configuration confirm confirmation confirmed conflict
conflicts confront confronted confuse confused confusing confusion congo congratulate congratulations congregation
congress congressional congressman conjunction connected connecticut connecting connection connections connects
conquered conquest conscience conscious consciousness consecutive consensus consent consequence consequences
consequently conservation conservative conservatives conservatory consider considerable considerably considerate
consideration considered considering considers consist consisted consistent consistently consisting consists
consolation consolidated conspiracy constable constant constantinople constantly constituency constitute
constitution constitutional construct constructed construction consulate consult consultant consulting consumed
consumers consumption contact contacted contacts contagious contain contained containing contains contemporary
contempt content contents contest contestants contested context continent continental continue continued continues
continuing continuous continuously contract contracted contracts contrary contrast contribute contributed
contributing contribution contributions control controlled controlling controls controversial controversy
convenience convenient convention conventional conventions conversation conversations conversion convert converted
convertible convict convicted conviction convince convinced convincing convoy cooked cooking cool coolest cooperate
cooperation cooperative coordinates coordinator copenhagen copies cops copy copyright cord core corinthos cork corky
corn corner corners cornwall coroner corporal corporate corporation corporations corps corpse correct correctly
correspondence correspondent corresponding corridor corruption cortlandt cosmetics cost costanza costs costume
costumes cottage cough could coulda council councils counsel counseling counselor count counted counter counties
counting countries country countryside county coup couple coupled couples courage courageous course courses courtesy
courthouse courtroom courts cousin cover coverage covered covering covers cows cozy crab crack cracked crackers
cracking cracks crane cranes crank cranky crash crashed crashing crater crawl crawling crazed crazy cream create
created creates creating creation creations creator creature creatures credentials credibility credit credited
credits creek creep creeps creepy crest crew crib cricketer cried cries crime crimes criminal criminals cris crisis
cristian cristobel criteria critic critical critically criticised criticism criticized critics croatia croatian
crock crop crops crossed crosses crossing crowd crowded crown crowned crucial cruel crush crushed crying cuba cuban
cuff cuffs cuisine cult cultivation cultural culture cultures cumberland cup cups curb cure cured curfew curiosity
currency current currently curriculum curse cursed curtain curtains curve custody customer customers customs cut
cute cutest cutie cuts cutting cycle cycling cylinder cynical cyprus czech dad daddy daily damage damaged dame dance
danced dancers dancing dangerous danish dare dark darlin darling darn dash data database date dated dates dating
daughter daughters daylight days deacon dead deadline deadly deaf deal dealer dealing deals dealt dear dearest
dearly death deaths debate debt debut debuted decade decades deceased december decency decent deception decide
decided decides deciding decision decisions deck declaration declare declared decline declined decorated decrease
decreased decree dedicated deed deeds deemed deep deeper deepest deeply deer defeat defeated defeating defence
defend defendant defended defending defense defensive define defined defines definite definitely definition defunct
degc degree degrees delaware delay delayed delegates delegation delhi deliberately delicate delicious delighted
delightful deliver delivered delivering delivery delusional demand demanded demanding demands democracy democrat
democratic democrats demographics demolished demon demonic demons demonstrate demonstrated demonstration denial
denied denmark dense density dental dentist deny denying departed department departments departure depend dependent
depending depends depicted depicting depicts deployed deployment deposit deposition deposits depot depressed
depressing depression depth deputy derby derived derives descendants descended descent describe described describes
describing description deserted deserve deserved deserves design designated designation designed designers designs
desired desires desk despair desperate desperately despicable despise despite dessert destination destinations
destined destroy destroyed destroyer destroying destruction destructive detail detailed details detection detective
detectives detector detention determination determine determined devane devastated develop developed developer
developers developing development developments develops deveraux device devices devoted devotion diagnosed diagnosis
dialect dialects dialogue diameter diapers diary dice dictionary did didn die died diefenbaker dies diet differ
difference differences different differential differently difficult difficulties difficulty digging dignity dilemma
dilucca dime dimension dimensional dimensions dimera dimeras diner dining dinner dinners diocese diploma diplomatic
direct directed directing direction directions directly director directors dirt dirty disabled disagree
disambiguation disappear disappearance disappeared disappearing disappears disappoint disappointed disappointing
disappointment disaster disbanded disc discipline discography discontinued discount discovered discovers discovery
discreet discrimination discuss discussed discussing discussion discussions disease diseases disgrace disguise
disgusting dish dishes disk dismiss dismissed disorder disorders display displayed displays disposal dispute
disputed disputes disrespect dissolution dissolved distance distant distinct distinction distinctive distinguish
distinguished distract distracted distracting distraction distress distributed distribution district districts
disturb disturbed disturbing ditch dive diverse diversion diversity divided diving division divisions divorce
divorced dizzy does dog doin doing doll dollars dolls domain dome domestic dominant dominated dominican donate
donated donation donations done donor doom doomed door doorman doors doorstep doorway dope dork dorm dose double
doubles doubt doubted doubts dough doughnuts down download downstairs downtown dozen dozens draft drafted drag
dragged dragging drainage drama dramatic drank draw drawer drawing drawings drawn draws dreadful dream dreamed
dreaming dreamt dress dressed dresser dresses dressing dried drift drill drink drinking drinks drip drive driven
drivers drives driveway driving drooling drop dropped dropping drops drove drown drowned drowning drum drums drunk
drunken dryer dual dubbed duchy dude dudes due dull dumb dummy dump dumped dumping dumps dumpster dunno duration
during dust duties dwell dying dynamic dynamics dynasty each eager earlier earliest early earn earned earning
earrings ears earth earthquake ease easier easiest easily east eastern easy eat eaten eating eats eavesdropping
ecclesiastical ecology economic economics economy ecuador edge edges edgy edinburgh edited editing edition editions
editor editorial editors edmonton educated education educational effect effective effectively effects efficiency
efficient effort efforts eggs egypt egyptian eight eighteen eighth eighty either elaborate elbow elderly elders
eldest elect elected election elections electoral electrical electricity electronic electronics elegant elementary
elements elevated elevation elevator eleven eligible eliminate eliminated elimination elite ellenor elope else
elsewhere embarked embarrassed embarrassing embarrassment embassy embrace emerged emergency emerging emigrated
emissions emotion emotional emotionally emotions emperor emphasis employed employee employees employment empress
empty enable enabled enacted enchantment encounter encountered encourage encouraged encouraging end endangered ended
endemic ending endless ends enemies enemy energy enforcement engaged engagement engine engineering engineers engines
england english enhance enhanced enjoy enjoyed enjoying enlisted enormous enough enrolled enrollment ensemble ensure
entered entering enterprises enters entertain entertaining entertainment enthusiasm entire entirely entities
entitled entity entrance entrepreneur entries entry envelope environment environmental environments envy enzyme
ephram epic episcopal episode episodes equal equality equally equals equation equations equipment equipped equity
equivalent era erase erased erected errand errands error errors escape escaped especially espn essay essays essence
essential essentially establish established establishing establishment estate estates esteem estimate estimated
estimates estonia ethics ethiopia ethnic etymology euro europe european eurovision evaluation evangelical even
evening event events eventual eventually ever everwood every everybody everyday everyone everything everywhere
evidence evident evidently evil evolution evolved exact exactly exaggerating exam examination examine examined
example examples excellence excellent except exception exceptions excess exchange excited excitement exciting
exclusive exclusively excuse excuses execute executed execution executive exercise exercises exhausted exhibit
exhibited exhibition exhibitions exhibits exile exist existed existence existing exists exit expand expanded
expanding expansion expect expectations expected expecting expects expedition expelled expense expenses expensive
experienced experiences experiencing experiment experimental experiments expert experts explain explained explaining
explains explanation explicitly explode exploded exploration explore explored explosion explosives export expose
exposed exposure expressed expression expressway exquisite extend extended extending extends extension extensive
extensively extent exterior external extinct extra extraordinary extremely eye eyeballs eyed eyes eyewitness
fabulous facade face facebook faced faces facilitate facilities facility facing fact faction factor factories
factors factory facts faculty fade fail failed failing failure faint fainted fair fairly fairwinds fairy faithful
fake faked faking falling falls false fame familiar families family famous fancy fans fantasies fantastic far fare
farewell farm farmers farming farms farther fascinating fashion fashioned fast fastest fatal father fathers fault
favor favorable favorite favorites favors favour favourite fear fears feast feature featured features featuring
february federal federation feds feed feeding feel feelin feeling feelings feels fees feet fell fella fellas fellow
fellowship felon felony felt female females feminine feminist fence ferry festival festivals fetch fever few fewer
fiance fiancee fiction fictional fifa fifteen fifth fifty fight fighters fighting fights figure figured figures
figuring fiji file filed files filing filipino fill filled filling film filmed filming films filth filthy final
finale finally finals finance financial find finding findings finds fine finest fingernails fingerprints fingers
finish finished finishing finite finland finnish fired fireplace fires fireworks firing firm firms first fiscal fist
fits fitted fitting five fix fixed fixing flag flagship flame flashes flashlight flat flatter flattered flattering
flavor flaw flea fled fleet fleischman flesh flew flies flight flights fling flip flipped flipping flirt flirting
float floating flooding floor floors flow flowering flowing flown flows fluid flush flying foam focus focused
focuses focusing fold folk folks follow followed followers following follows fond food foods fool fooled fooling
foolish fools foot footage footballer footsteps for forbid forbidden force forced forces forcing forehead foreign
forensics forests forgave forget forgets forgetting forgive forgiven forgiveness forgiving forgot forgotten fork
form formal formally format formation formats formed former formerly forming forms forrester forresters fort forth
fortress fortunate fortunately fortune forty forum forward fossils fought foul found foundation foundations founded
founder founders founding four fourteen fourth fragile fragments frame framed framework france franchise
frankenstein frankfurt frankly fras frasier frat fraternity fraud freak freaked freakin freaking free freestyle
freeze freezer freezing freight french frequency frequent frequently fresh freshen freshman freshwater fridge fried
friedrich friend friendly friends friendship fries frighten frightened frightening from front froze frozen fruit
fruits frustrated frustrating fuel fugitive fulfill full fully fun function functional functions fund fundamental
funded funding fundraiser funds funeral funny furious furniture further furthermore fuse fuss future gaelic gain
gained gaining gallery gambling game gameplay games gaming gang garage garbage gardener gardens garlic gasoline
gastropod gate gather gathered gathering gauge gave gear geek geez gender genera general generally generals generate
generated generating generation generations generator generous genes genetic genoa genre genres gentle gentleman
gentlemen gently genuine genus geographic geographical geography geological geology geometry georgian german germans
germany gesture get getaway gets gettin getting ghana ghosts giant gift gifted gifts gimme girl girlfriend
girlfriends give given gives giving glacier glad gladly glasgow glimpse gloat global globe glorious glove gloves
glow glowing glue gmina goal goalkeeper goals god goddam goddammit gods goes goin going gold gone gonna good goodbye
goodness goodnight goods goody gorgeous gosh gospel gossip got gotta gotten governance governed governing government
governmental governments governors gown grab grabbed grabbing grabs gracious grade grades gradually graduate
graduated graduates graduating graduation grain gram grammar grammy grampa grams gran grand grandchildren granddad
granddaughter grande grandfather grandma grandmother grandpa grandparents grandson granite granted grants graph
graphic graphics grasp grateful gratitude grave graveyard gravity gravy great greater greatest greatly greece greed
greedy greek greenlee greet greeting greetings gretel grew grey grid grief grieving grill grip groceries grocery
groom ground grounded grounds group groups grow growing grown grows growth grudge guarantee guaranteed guarantees
guard guards guess guessed guessing guest guests guidance guide guided guidelines guild guilt guilty guinea
guitarist gulf gun guns gunshot guts gutter guy guys gymnasium habit habitat habitats habits had hail hair haircut
haired hairs half halfway hallelujah halliwell halloween halls hallway hamburger hampshire hand handcuffs handed
handful handing handle handled handles handling hands handsome handwriting hang hanging hangs hankey happen happened
happening happens happier happiest happily happiness happy harassing harassment harbor harbour hard harder hardest
hardly hardware harm harmless harmony harsh harvard has hassle hate hated hateful hates hating hatred hats haul
haunt haunted have haven havin having havoc head headache headaches headed heading headquartered headquarters heads
heal healed healing health healthcare healthy hear heard hearing hears heart heartache heartbeat hearted heartless
heat heating heavenly heavens heavily heavy heavyweight hebrew heel heels height heights heir held helicopter
helluva help helped helpful helping helpless helps hence henri her herald here hereby heritage hero heroes heroic
heroin hers herself herzegovina hesitate hey hide hideous hiding high higher highest highlands highlights highly
highness highway highways hike hilarious hills him himself hindi hindu hint hips hire hired hiring his hispanic
historian historians historic historical historically history hit hitch hits hitting hiya hmm hmmm hobby hold
holding holdings holds hole holes holidays hollow hollywood holocaust holy home homecoming homeland homeless homes
hometown homework homicide homo honest honestly honesty honeymoon honorable honorary honored honors honour honours
hook hooked hooray hope hoped hopefully hopeless hopes hoping horizontal hormones horns horrible horror hose
hospital hospitals host hostage hostages hosted hostess hostile hostility hosting hosts hot hotel hotels hottest
hound hour hours house housed household householder households housekeeper houses housing how howdy however http
huge hugging huh human humanitarian humanity humans humiliate humiliated humiliating humiliation humor hunch hundred
hundreds hungarian hungary hunger hungry hunk hurricane hurry hurt hurting hurts husband husbands hush hybrid
hydrogen hypocrite hypothesis hysterical ice iced iceland idaho idea ideal ideas identical identification identified
identify identity idiot idiots idol ignore ignored ignoring illegal illinois illness illustrated image images
imaginary imagination imagine imagined imagining immature immediate immediately immigrant immigrants immigration
immune immunity impact imperial implement implementation implemented implying importance important importantly
imported imposed impossible impress impressed impression impressive imprisoned imprisonment improve improved
improvement improvements improving impulse impulsive inappropriate inaugural inaugurated incapable inception inch
inches incident incidents include included includes including inclusion income incoming incompetent inconvenience
incorporated increase increased increases increasing increasingly incredible incredibly incumbent indeed
independence independent independently index indian indianapolis indicate indicated indicates indicating indication
indies indigenous individual individuals indo indonesia indonesian indoor induced inducted industrial industries
industry inevitable infantry infected infection infinite influence influenced influences influential info inform
informal information informed infrastructure inhabitants inhabited inheritance inherited initial initially initials
initiated initiative initiatives injection injured injuries injury inland inner innings innocence innocent
innovation innovative input inquiry insanity inscription insect insects insecure insensitive inside insight insist
insisted insisting insists inspector inspiration inspire inspired inspiring installation installed instance instant
instantly instead instinct instincts institute institution institutions instruction instructions instructor
instrument instrumental instruments insult insulted insulting insults insurance integral integrated integration
integrity intellectual intelligence intelligent intend intended intense intensity intensive intent intention
intentionally intentions inter interaction interactions interactive interchange interest interested interesting
interests interface interfere interference interfering interim interior intermediate intern internal international
internationally interpretation interpreted interrogation interrupt interrupted interrupting intersection interstate
intervention interview interviewed interviews intimacy intimate intimidated into introduce introduced introducing
introduction intrude invaded invasion invented invention inventory invest investigate investigated investigating
investigation investigations investigator investment investments investors invisible invitation invitations invite
invited inviting involve involved involvement involves involving iowa iran iranian iraq iraqi ireland irish iron
ironic irony irrational irrelevant irresistible irresponsible isbn islam islamic island islands isle isolated
israeli issue issued issues italian italy item items its itself itunes jabez jabot jacket jacks jaffa jail jammed
janitor january japan japanese jax jazz jealous jealousy jeans jeez jeopardize jeopardy jerk jerks jersey jerusalem
jewelry jewish jews jinx job jobs join joined joining joins joint jointly joke jokes joking journal journalism
journalist journalists journals journey judge judges judging judgment judicial july jump jumped jumping jumps
junction junk jurisdiction jury just justified justify juvenile karnataka kasnoff keep keeping keeps kentucky kept
kerala ketchup khasinau kick kicked kicking kicks kid kiddin kidding kiddo kidnap kidnapped kidnapper kidnapping
kidney kids kilometers kilometres kind kinda kindly kindness kinds kingdom kings kiriakis kiss kissed kissing
kitchen knee knees knew knife knives knock knocked knocking knockout knot know knowing knowledge known knows kong
korea korean kosovo label labels labor laboratories laboratory labour lack ladder ladies lady laid lake lakes
lakeview lame lamp lancashire land landed landing landlord landmark lands landscape lanes language languages lanka
large largely larger largest larvae last lasted lasting lasts late lately later latest latin latte latter laugh
laughed laughing laughs laughter launch launched laundry lavery law lawn lawndale laws lawsuit lawyer lawyers layer
layers laying layout lazy lead leader leaders leadership leading leads leaf league leagues leak leaning leap learn
learned learning learns lease leash least leave leaves leaving lebanon lecter lecture lecturer lectures led ledge
leeds leery legal legally legendary legends legislation legislative legislature legit legitimate legs leicester
lemme lend length lengths lens less lesser lesson lessons let lethal lets letter letters letting level levels
leverage lexie liar liberal liberation libraries library licence license licensed lie lied lies lieutenant lifestyle
lifetime lift lifted lifting liga light lighten lighthouse lighting lightly like liked likely likes likewise liking
lilith limb limestone limit limited limits limo line linear lined lines lineup lingerie linguistic lining linked
linking links linux lions lips lipstick liquor list listed listen listened listening listens listing lists literacy
literally literary literature lithuania lithuanian live lived liver lives livestock livin living livvie llanfair
llanview load loaded loan loans lobby local locality locally locals locate located location locations lock locked
locker locking locks locomotive locomotives lodge loft logic logical logo lone loneliness lonely longer longest
longtime lonigan look looked lookin looking looks loony loop loose loosen lord lords lorelai los lose loses losing
loss losses lost lot lots lottery loud louder louisiana louisville lounge lousy loved loves loving low lower lowest
lowlife loyal loyalty luck luckiest luckily luggage lump lunar lunatic lunch lung lungs lure lurking lutheran
luxembourg luxury lying lyrics macedonia machinery machines macho maciver mad madam madame made madly magazine
magazines magical magnetic magnificent magnitude maid mail main maine mainland mainly mainstream maintain maintained
maintaining maintains maintenance majesty major majority make maker makers makes makeup makin making malaysia male
males malkovich mall malta mama mami mammals man manage managed management manager managers manages managing mandate
mandatory manga manhattan manila manipulate manipulated manipulating manipulative manitoba manly manner manners
manor mansion manticore manufacture manufactured manufacturer manufacturers manufacturing manuscript manuscripts
many maps marah march margin marital maritime marked market marketed marketing markets marking marone marriage
marriages married marrow marry marrying mars marshal martial marvelous maryland mask masks massachusetts massacre
massage massimo match matches matching mate material materials maternal mates math mathematical mathematics matter
mattered matters mattress maximum maybe mayor meal meals mean meaning meaningful meaningless means meant meantime
meanwhile measure measured measurement measurements measures measuring meat mechanical mechanics mechanism
mechanisms medal medals media median medical medication medicine medieval mediterranean medium meds meet meeting
meetings meets melbourne melt meltdown member members membership membrane memo memorial memories memory men mend
mental mentally mention mentioned mentioning mentions menu meow merchandise merchants mere merely merged merger
merit mess message messages messed messes messing messy met metal metaphor meteor meter meters method methodist
methods metre metres metro metropolitan mexican microwave mid middle midfielder might migration mijo mile military
militia milk mill millennium million millions milwaukee mind minded minds mine mineral miners mines mini minimal
minimum mining minister ministers ministry minnesota minority mint minus minute minutes miracle miracles mirror
mirrors miserable misery misplaced miss missed misses missile missiles missing mission missionaries missionary
missions mississippi missouri mistake mistaken mistakes misunderstanding misunderstood mixed mixture mmm mmmm mobile
mode model modeling models moderate modern modes modest modified module mold mole molecular molecules mollusk mom
moment moments momma mommy moms monarchy monastery monitoring monks monsieur monsters montega month monthly months
monument monuments mood moral more moreover morgendorffer morgue mornin morning morocco moron mortal mortals mosque
most mostly motel moth mothers motion motivated motivation motive motives motor motorcycle motors mount mountains
mounted mountie mourning mouth mouths move moved movement movements moves movie movies movin moving mrs much muffins
multi multiple mumbai mummy munich municipal municipalities municipality museum museums music musical musician
musicians muslim muslims must mutual myself mysterious mystery mythology nacional nadu nail nailed nails name named
namely names naming napkin naples narrative narrow nasa nashville nation national nationalist nationally nationals
nations nationwide native nato natural naturally nature naval navigation navy nbsp ncaa near nearby nearest nearly
neat necessarily necessary neck necklace need needed needing needle needles needs needy negative neglected negotiate
negotiations neighbor neighborhood neighborhoods neighboring neighbors neighbourhood neighbouring neither nepal
nephew nerd nerve nerves nervous nest netherlands network networks neutral never nevertheless new newcastle newer
newest newfoundland newly news newspaper newspapers next nice nicely nicer nicest nickname nicknamed niece nigeria
night nightmare nightmares nights niles nine nineteen nineteenth ninety ninth nobel nobility nobody noise noises
nominated nomination nominations non none nonetheless nonsense noon nooo noooo nope norfolk normal normally north
northeast northeastern northern northwest northwestern norway norwegian nose noses not notable notably notch note
noted notes nothin nothing notice noticed noticing notify noting notion notre nottingham novel novelist novels
november now nowhere nuclear numb number numbered numerous nuns nurse nursery nurses nursing nuts nutty oakdale oath
obey object objection objective objectives objects oblast obligated obligation obnoxious observation observations
observatory observe observed observer obsessed obsessing obsession obsessive obstruction obtain obtained obtaining
obvious obviously occasion occasional occasionally occasions occupation occupied occupy occur occurred occurring
occurs ocean october odds off offend offended offense offensive offer offered offering offers office officer
officers offices official officially officials often ohhh ohhhh ohio okay okey oklahoma old older oldest olympic
olympics once ones ongoing only ontario onto onwards ooh oooh oops open opened opening openly opens opera operate
operated operates operating operation operational operations operators opinion opinions opponent opponents
opportunities opportunity opposed opposing opposite opposition optical optimistic option options oral orbit
orchestra ordained ordeal order ordered ordering orderly orders ordinary oregon organ organic organisation
organisations organised organisms organization organizations organize organized organizing organs orientation
oriented origin original originally originated origins orleans orthodox oslo other others otherwise ottawa ottoman
ouch ought oughta ounce our ours ourselves out outa outbreak outcome outdoor outer outfit outfits outlets output
outrageous outs outside outstanding outta oval oven over overall overboard overcome overdue overheard overnight
overreacted overreacting overseas overtime overview overwhelmed overwhelming owe owed owes owing own owned owner
owners ownership owns oxygen pacey pacific pack package packages packed packing packs pact pageant paged pages paid
pain painful pains paint painted painting paintings pair pairs pajamas pakistani palace pale palestine palestinian
palm pals pancakes panel panels panic panicked pants papal paper papers paperwork parade parallel paralyzed
paramedics parameters paranoia paranoid pardon parent parenting parents paris parish parishes parked parking
parliament parliamentary parlor parole part partial partially participants participate participated participating
participation particle particles particular particularly parties partly partner partners partnership parts party
partying passage passed passenger passengers passing passionate past pasta pastor patch patent paternity path
pathetic patient patients patrol patron pattern patterns paulo pause pawn pay payback paycheck paying payment
payments payroll pays peace peaceful peak peaked peaks peep peer penalty pending peninsula pennsylvania pension
pentagon penthouse people per perceived percent percentage perception perfect perfection perfectly perform
performance performances performed performer performers performing performs perfume perhaps perimeter period periods
permanent permanently permission permit permitted persian person personal personality personally personnel persons
perspective persuade perth peru petersburg petey petition petroleum pets phase pheebs phenomenon phew philippine
philippines philosopher philosophical philosophy phone phoned phones phony photo photograph photographer photographs
photography phrase physical physically physician physicians physics pianist piano pick picked picket picking picks
picnic picture pictured pictures piece pieces pier pigs pile pill pillows pills pilot pilots pinch pine pinned pipe
pipes pitch pitched pitcher pittsburgh pity place placed placement places placing plague plain plains plan plane
planes planned planning plans plant plantation planted plants plate plateau plates platform platforms platter play
played players playground playin playing playoff playoffs plays plaza plea plead please pleased pleasure pledge
plenty plot plotting plug plumbing plus pocket pockets poem poems poet poetry poets point pointed pointing pointless
points poisoned poisoning poke poker poking poland pole poles policeman policies policy polish polite political
politically politician politicians politics poll polls pollution poof pool poor poorly popped popping pops popular
popularity populated population populations porch pork port portal portfolio portion portions portrait portraits
portrayed ports portsmouth portuguese pose position positions positive positively possessed possession possibilities
possibility possible possibly post posted poster posters postpone postponed posts potatoes potential potentially
potion pottery pound pounding pounds pour poured pouring poverty power powered powerful powerless practical
practically practice practiced practices practicing pradesh prague prairie praise praised prank pray prayed prayer
prayers praying preceded preceding precinct precisely predecessor predict predictable predicted predominantly
prefecture prefer preferred pregnancy pregnant preliminary premature premier premiere premiered premiership premises
premonition premonitions preoccupied prep preparation prepare prepared preparing presbyterian prescription presence
present presentation presented presenter presenting presents preservation preserve preserved presidency president
presidential presidents press pressed pressing pressure pressuring prestigious presumably presume pretend pretended
pretending prettier pretty prevent prevented preventing prevention previous previously prey priceless prices prick
pride priests primarily primary prime primitive princeton principal principle principles print printed printing
prints prior priorities priority prison prisoner prisoners privacy privately privilege prix prize prizes probability
probably probation problem problems procedure procedures proceed proceeded proceedings proceeds process processes
processing proclaimed produce produced producer producers produces producing product production productions
productive products profession professional professionals professor profile profit profits program programme
programmed programmes programming programs progress progressive prohibited project projects prom prominence
prominent promise promised promises promising promote promoted promoting promotion promotional prompted pronounce
pronounced proof propaganda proper properly properties property prophecy proportion proposal proposals propose
proposed proposing proposition prosecute prosecution prospect prostitute protagonist protect protected protecting
protection protective protector protein proteins protest protestant protests proteus protocol prototype proud prove
proved proven proves provide provided provider providers provides providing province provinces provincial proving
provision provisional provisions proximity prussia prussian psst psych psyched psychiatric psychiatrist psychic
psychological psychology psychopath psychotic public publication publications publicity publicly publish published
publisher publishers publishes publishing puerto puff puke pull pulled pulling pulls pulse pump pumped pumping punch
punched punching punish punished punishing punishment punjab punk pupil pupils puppet purchase purchased pure purely
purpose purposes purse pursue pursued pursuit push pushed pushing pushy put puts putting puzzle quack qualification
qualified qualify qualifying qualities quality quarter quarterback quartermaine quartermaines quarters quartet
quebec queen queensland queer question questioned questioning questions quick quicker quickly quiet quietly quit
quite quitting quiz quote quoted rabbi race races rach racial rack racket radar radiation radical radio rafe raft
rage raging raid raids rail railroad railway railways rain rainfall raining raise raised raising raja rally rambaldi
ran ranch range ranges ranging rank ranked ranking rankings ranks rapid rapidly rappaport rapper rare rarely rate
rated rates rath rather rating ratings ratio rational rats raving rays reach reached reaches reaching react reacted
reacting reaction reactions read readers reading reads ready real realise realised realistic reality realize
realized realizes realizing really realm rear reason reasonable reasons rebellion rebound rebuild rebuilt recall
recalled receipt receipts receive received receiver receives receiving recent recently reception receptor recess
recipe recipient recital reckon recognised recognition recognize recognized recommend recommendation recommendations
recommended reconnaissance reconsider reconstruction record recorded recorder recording recordings records recover
recovered recovering recovery recreation recreational recruited recurring red reduce reduced reducing reduction
refer referee reference references referendum referred referring refers refill reflect reflected reflection reflects
reform reformed reforms refreshing refrigerator refuge refugees refuse refused refuses refusing regard regarded
regarding regardless regards regent regime regiment regiments region regional regions register registered
registration regret regrets regular regularly regulation regulations regulatory rehab rehabilitation rehearsal
rehearse reiber reign reinforced reject rejected rejection relate related relating relation relations relationship
relationships relative relatively relatives relax relaxed relaxing relay release released releases releasing
relegated relegation relevant reliable relieve relieved religion religious relocated rely remain remainder remained
remaining remains remark remarkable remarks remember remembered remembering remembers remind reminded reminder
reminding reminds remix remote remotely removal remove removed removing renaissance renamed rendered rendezvous
renewed renovated renovation renowned rent rental rented repair repairs repay repeat repeated repeatedly repeating
replace replaced replacement replacing report reported reportedly reporter reporters reporting reports represent
representation representative representatives represented representing represents republic republican republicans
reputation request requested require required requirement requirements requires requiring reschedule rescued
research researcher researchers resemblance resent reservation reservations reserve reserved reserves reservoir
residence resident residential residents resides residing resignation resigned resist resistance resolution resolve
resolved resort resource resources respect respectable respected respective respectively respects respond responded
responding response responses responsibilities responsibility responsible rest restaurant restaurants resting
restless restoration restore restored restraining restricted restrictions result resulted resulting results resumed
retail retain retained rethink retire retired retirement retiring retreat return returned returning returns reunion
reunited reveal revealed reveals revenge revenue reverend reverse review reviewed reviews revised revival revived
revolt revolution revolutionary reward rhine rhode rhyme rhythm rianna ribbon ribs richer ride riders rides ridge
ridiculous riding rifle rifles rigged right righteous rights righty ring ringing rings riot ripped ripping rise
rises rising risk risked risking risks risky ritual rival rivalry rivals river road roads roast robbed robbery
robbing robe rochester rock rode role roles roll rolled rolling rolls romance romania romanian romanized romantic
rome roof room roommate roommates rooms roots rope roses roster rotation rough roughly round rounded route routes
routine roxy royal royalty rsquo rubbing rude rugby ruin ruined ruining ruins rule ruled ruler rulers rules ruling
rumor rumors run runners runnin running runs runway rural rushed russian russians ruthless sabha sabotage sack
sacred sacrifice sacrificed sacrifices saddle sadly sadness safe safely safer safety said sail sailed saint sake
sakes salad salary sale salem sales salesman salt salute salvage same sami san sanctuary sand sandburg sandwich
sandwiches sane sanskrit sarcasm sarcastic sarge sark saskatchewan satellite satisfaction satisfied satisfy saturday
sauce saudi save saved saves saving savings saw say sayin saying says scale scam scan scandal scar scare scarecrow
scared scares scarf scaring scars scary scattered scenario scene scenes scent schedule scheduled scheme schemes
scholar scholars scholarship school schools science sciences scientific scientist scientists scissors scoop scope
score scored scorer scores scoring scotia scottish scouts scratch scratched screamed screaming screams screech
screen screening screenplay screw screwed screwing screws script scroll scrub scudder sculptor sculpture sculptures
scum scuse sea sealed search searched searching season seasons seat seated seating seats second secondary seconds
secrecy secretary secretly secrets section sections sector sectors secular secure secured sedative seduce seduced
seed seeds seeing seek seeking seeks seem seemed seemingly seems seen sees segment segments seize seized selected
selection self selfish selfless sell selling semester semi semifinals seminary senate senator send sending sends
senior sense sensed senses sensible sensitive sensitivity sent sentence sentenced sentimental seoul separate
separated separately separation september sequel sequence sequences serbia serbian sergeant serial serie series
serious seriously serum servant servants serve served serves service services serving session sessions set sets
setting settings settle settled settlement settlements settlers settling setup seven seventeen seventh seventy
several severe severely sewer shack shadows shaft shake shaken shakespeare shaking shaky shall shallow shame
shanghai shape shaped share shared shares sharing shattered shave shaving she shed sheep sheer sheet shelf shells
shelter sheriff shhh shield shift shifted shifts shine shining shiny ship shipment shipped shipping ships shirt
shirts shock shocked shocking shoe shoes shoot shooting shoots shop shopping shops shore short shortly shorts shot
shots should shoulda shoulder shoulders shout shouting shove shoved shovel show showed shower showing shown shows
shred shrimp shrine shrink shut shutting shuttle siblings sick sickness side sides sidewalk siege sight sights sign
signal signals signature signed significance significant significantly signing signs silent silk silly similar
similarly simpler simply simultaneously since sincere sing singapore singer singers singing single singles sink
sinking sins sir sister sisters sit site sites sits sitter sittin sitting situated situation situations six sixteen
sixth sixty size sized sizes skating sketch sketches skin skip skipped skirt skull skye slam slammed slap slapped
slavery slaves sleazy sleep sleeping sleeps sleeve sleigh slept slice slide slides slight slightest slightly slime
slip slipped slipping slips sloane slope slopes sloppy slot slovakia slovenia slow slowly smack small smaller
smallest smart smarter smartest smash smashed smell smelled smelling smells smile smiled smiling smoked smoking smug
smythe snack snail snap snapped sneak sneaking sniffing snooping snuck soap sober social socialist societies society
sock socks soda sofa soft soil solar sold soldiers sole solely solid solitary solo solution solutions solve solved
some somebody someday somehow someone someplace somerset somethin something sometime sometimes somewhat somewhere
son song songs songwriter sons sookie soon sooner sophisticated sophomore sordid sore sorel sorrow sorry sort sorta
sorts sought soul souls sound sounded sounding sounds soundtrack soup sour source sources south southampton
southeast southeastern southern southwest southwestern souvenir sovereign soviet space spacecraft spaces spaghetti
spain span spanish spare spark speak speakers speaking speaks special specialist specialized specially specials
specialty species specific specifically specified specimens spectacular spectra speech speeches speed speeding
speeds speedway spell spelled spelling spells spend spending spends spent sperm sphere spicy spiders spill spilled
spin spine spinning spirits spiritual spit spite spitting splendid split splitting spoil spoiled spoke spoken
sponsor sponsored sponsorship spontaneous spoon sport sporting sports spot spots spotted spray spread spreading
springfield springs spying squad squadron squadrons square squeeze stab stabbed stability stable stadium staff stage
staged stages stain stairs stake stakes stalking stall stalling stamp stand standard standards standing stands stare
staring starred starring stars start started starters starting startled starts starve starved starving stash stashed
stat state stated statement statements states statesville stating station stationed stations statistical statistics
statue status statute stavros stay stayed staying stays steady steak steal stealing steals steam steel steep steer
stem stems stenbeck step stepfather stepped stepping steps steroids stetson stew stick sticking stiff still stink
stinking stinks stint stir stitches stock stockholm stole stolen stomach stood stoop stop stopped stopping stops
storage store stored stores stories story storyline stove straight straighten straightened stranded strange
strangely strangers strangest strangle strategic strategies strategy straw streak stream streams street streets
strength stress stressed stressful stretch strict strictly strikes striking string strings strip stroke stroll
stronger strongest strongly struck structural structure structures struggle struggled struggling strung stubborn
stuck student students studied studies studio studios study studying stuff stuffed stuffing stunned stunning stunt
style styles subconscious subfamily subject subjects submarine submitted subsequent subsequently subsidiary
subspecies substance substantial substitute subtle subtropical suburb suburban suburbs succeed succeeded successful
successfully succession successive successor such sucked sucking sudan sudden suddenly suffer suffered suffering
sufficient suggest suggested suggesting suggestion suggestions suggests suicide suing suit suitable suitcase suite
suits summary summon summoned sunnydale superintendent superior supermarket supernatural superstition supervision
supervisor supper supplied supplies supply support supported supporter supporters supporting supportive supports
suppose supposed supposedly supreme sure surely surface surfaces surgeon surgery surgical surname surprise surprised
surprises surprising surrender surrendered surrey surrounded surrounding surveillance survey survival survive
survived surviving survivors suspect suspected suspects suspended suspense suspension suspicion suspicions
suspicious sustainable sustained swallowed swamp swat swear sweat sweater sweating sweaty sweden swedish sweep sweet
sweetest sweetheart sweetie swell swelling swept swim swing swings swiss switch switched switching switzerland swore
sworn symbol symbols sympathetic sympathy symphony symptoms syndrome synopsis synthesis syria syrian syringe syrup
system systems table tables tabloid tabs tackles tactical tactics taggert tail tails taiwan take taken takes takin
taking tale talent talented talents tales talk talked talkin talking talks tall taller tamil tampa tank tanks tape
taped tapes tapped targeted targets task tasks taste tasted tastes taught taxes taxi teach teachers teaches teaching
teachings team teams tear tearing tears tease teasing tech technical technically technique techniques technological
technologies technology teenage teenager teenagers teeth telecommunications telegraph telephone television tell
tellin telling tells temper temperature temperatures temple temples temporarily temporary tempt temptation tempted
tempting ten tend tender tennessee tense tension tent tenth tenure term termed terminal terminus terms terrace
terrain terrible terribly terrific terrified terrifying territorial territories territory terrorism terrorist
terrorists testament tested testify testifying testimony tests texas text texts thai thank thanked thankful thanking
thanks thanksgiving that the theater theatre theatrical thee theft their theirs them theme themes themselves then
theological theology theorem theoretical theories theory therapist therapy there thereafter thereby therefore
thermal these thesis they thick thief thieves thin thing things thingy think thinkin thinking thinks thinner third
thirsty thirty this thornhart thorough thoroughly those thou though thought thoughtful thoughts thousand thousands
thread threat threaten threatened threatening threats three threw thrill thrilled thriller throat throats throne
through throughout throw throwing thrown throws thug thumb thursday thus ticked ticket tickets ticking tide tied
tier ties tight till time timer times timing timmih tiny tipped tips tire tired tires tissue title titled titles
toast tobacco today toes together toilet token tokyo told tolerate toll tomb tomorrow tone tongue tonight tons too
took tool tools tooth toothbrush top topic topics topped tops torch tore torn torpedo torture tortured torturing
toss tossed tossing total totally toto touch touchdown touchdowns touched touches touching touchy tough tougher tour
toured touring tourism tourist tourists tournament tournaments tours toward towards towel towels tower towers town
towns township toxic toys trace traced traces track tracked tracking tracks trade traded trademark trading tradition
traditional traditionally traditions traffic trafficking tragedy tragic trail trailer trails train trained training
trains traitor tramp trans transfer transferred transform transformation transformed transit transition translate
translated translation translations transmission transmitter transplant transport transportation transported trap
trapped traps trash trashed trauma traumatic traveled traveling travelled travelling travels travers tray treasurer
treasury treat treated treating treatment treats treaty tree trees tremendous trend trespassing trial trials tribal
tribe tribes tribune tributary tribute trick tricked tricks tried tries trilogy trio trip triple tripped trips troop
troops trophy tropical troubled troubles truce true truly trunk trust trusted trustees trusting trusts truth try
tryin trying tube tucked tumor tuna tune tuned tunnel turf turkish turn turned turning turns tuscany tutor tweek
twelfth twelve twentieth twenty twice twin twins twist twisting twitter two type types typical typically uefa uganda
ugly uhhh ukraine ukrainian ulster ultimately unable unacceptable unbelievable unbelievably uncertain uncle unclear
uncomfortable unconscious under undercover underestimate undergraduate underground underlying underneath understand
understandable understanding understands understatement understood undertaken underwear underwent underworld undo
unemployed unemployment unexpected unfair unfinished unforgivable unfortunate unfortunately ungrateful unhappy
unified uniform uniforms unincorporated union unions unique unit united units unity universal universe universities
university unknown unless unlike unlikely unlock unnecessary unofficial unpleasant unpredictable unreasonable
unstable unsuccessful unsuccessfully untie until unto unusual upcoming update updated upgraded upon upper uprising
upset upsetting upside upstairs uptight urban urge urgent urine uruguay usage use used useful useless user users
uses using ussr usual usually utah utility utterly vague vain vale valid valley valuable value valued values valve
vampires vancouver vanished vanquish variable variables variant variants variation variations varied varies
varieties variety various varsity vary varying vase vast vault vecchio vegas vegetable vegetables vegetation vehicle
vehicles veil veins velocity venezuela vengeance vent venture venue venues verbal verdict verge verse verses version
versions versus vertical very vessel vessels veteran veterans via vial vibe vice vicinity vicious victim victims
victorian victories video videos videotape vienna vietnam vietnamese view viewed viewers viewing views viii viki
vile village villages vindictive vinyl violated violation violence violent virtual virtually virtue virus visible
visions visit visitation visited visiting visitor visitors visits visual vital vitals vocal vocalist vocals vodka
voice voiced voices void voivodeship volcanic volleyball voltage volume volumes voluntary volunteer volunteered
volunteers vomit vote voted voters votes voting vows voyage vulnerable wacky wage wagon waist wait waited waiter
waitin waiting waitress wake wakes waking wales walk walked walkin walking walks wallet wander wandered wandering
wanna want wanted wanting wants war wardrobe warehouse warfare warlocks warm warmer warming warmth warn warned
warning warrant wars warsaw warton was washed washing waste wasted wasting watch watched watches watching water
watershed wave waves waving way ways weak weakness wealth wealthy weapon weapons wear wearing wears weather website
websites wedded wedding weddings wednesday week weekend weekends weekly weep weigh weight weird weirdest welfare
well wellington went were western westminster whack whacked whale what whatcha whatsoever whatta wheel wheelchair
when whenever where whereabouts whereas wherever whether whew which while whilst whine whining whip whipped
whispering whistle whitelighter who whoa whoever whole whom whoo whoops whose why wicket wickets wide widely wider
widespread widow width wife wild wilderness wildlife wildwind willing willingly wind window winds wine wing wings
wingspan winners winning winnipeg wins wipe wiped wire wired wireless wires wisconsin wiser wish wished wishes
wishing witch witchcraft witches with withdraw withdrawal withdrawn withdrew within without witness witnessed
witnesses witter witty wives woah woke wolfram woman women won wonder wondered wonderful wondering wonders wont
wooden woof word words wore work worked worker workers workin working workout works workshop workshops world worlds
worldwide worm worms worn worried worries worry worrying worse worship worst worth worthless would woulda wound
wounded wounds wow wrap wrapped wrapping wraps wrath wreck wrecked wrestler wrestling wrist write writer writers
writes writing writings written wrong wrote wuss wyoming xander yacht yada yale yard yards yeah year yearbook yearly
years yell yelled yelling yes yesterday yet yield york yorkshire you younger youngest your yours yourself yourselves
youth youtube yuck yugoslavia zander zealand zero zimbabwe zoey zone zones zurich
""".split()
)

SCHOOL = frozenset(
    """
academic alumni announcement assembly athlete athletics auditorium award backstage ballet band banner banquet
baseball basketball booster cafeteria campus candid ceremony champion championship cheer cheerleader cheerleading
choir chorus chromebook classroom clinic coach coding commencement concert conductor conference counselor crossing
cosplay dance debate debut dismissal district dodgeball drama drumline elementary ensemble esports exhibit faculty
fair festival fieldhouse finals finalist flag football freshman fundraiser gala goalie goalkeeper graduate
graduation gym gymnasium gymnastics halftime headshot hockey homecoming homeroom honor honors hurdles inning junior
kickoff kindergarten lacrosse library lunchroom marathon marching mascot matinee medal mentor midfielder musical
newsletter orchestra orientation outfielder parade pep percussion pitcher playground portrait poster practice
preseason principal prom quarterback rally recess recital rehearsal relay retake robotics roster scholarship science
scrimmage seminar senior soccer softball soloist sophomore spelling sprint stadium startup storytime student
superintendent swim swimming symphony talent teacher tennis theater theatre tournament track trophy tryout
undefeated uniform varsity valedictorian volleyball warmup wrestling wrestler yearbook congrats congratulations
yesterday today tomorrow monday tuesday wednesday thursday friday saturday sunday january february july september
october november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat img dsc dscf dscn
pxl mvi gopr america american americas canada canadian mexico mexican europe european africa african asia asian photo photos pics scan edit edited final copy crop cropped web print version untitled
""".split()
)

SPANISH = frozenset(
    """
los las una unos unas del por para con sin sobre entre desde hasta cuando como pero porque donde esta este estos
estas ese esa esos esas ella ellos ellas nosotros ustedes usted muy mas menos bien mal hoy ayer manana siempre nunca
tambien solo sus sus son fue fueron ser estar esta estan tiene tienen hace hacer foto fotos escuela clase grado
maestro maestra estudiante estudiantes alumno alumna alumnos alumnas equipo partido juego feria ciencia ciencias
concierto baile banda coro graduacion fiesta semana mes ano primavera verano otono invierno enero febrero marzo
agosto septiembre octubre noviembre diciembre martes miercoles jueves viernes sabado gana gano ganador ganadora
premio primer primera segundo segunda tercer tercera lugar cancha biblioteca gimnasio cafeteria patio director
directora entrenador entrenadora padres madre padre familia amigos amigas hermanos hermanas ninos ninas canta baila
juega corre escribe habla presenta celebra recibe durante despues antes nuevo nueva gran
""".split()
)

WORDS_AND_NAMES = frozenset(
    """
abril campo dia domingo grande julio junio lunes mayo abbey ace adore alto amber amen angel apple april aria archer
art arrow ash ashes aspen august autumn bailey baker banks bar baron bass bay beach bear bell bells berry best bill
birch bird bishop bishops black bliss bloom blue bond booker book boy brand branch brave bridge bridges bright
bristol brook brown buck bud bush butcher butler cable camp canon carpenter cash castle chance chase chapel cherry
chief china christian church clay clear clement close coast coral core cotton court craft crane cross cruise crystal
curry cook crow daisy dale dance dawn day days dean deal deer diamond dick do dodge dove drum duke dusty earl early
east easter echo eden elder ember even ever eve face faith falcon fall farmer field fields finch fish fisher flint
flood flower flowers forest ford foreman forest fox frank free french friend frost fry fuller gage gale gallery game
garden gardener gates gem gene ginger glad glass glen glory gold golden good grace grant gray green grey grove guy
hall ham hand harbor harmony harp haven hawk hay head heart heaven herb hero hill hills holiday holly honor hood
hope house hunt hunter ice imam in india iris island ivory ivy jay jet jewel jewell job join joy judge july june
junior just justice key keys kid kin king kings kit knight lake lamb land lane laurel lavender law leaf legend
liberty light lily link lion little lock london long lord lotus love low lucky luna lynx maple marble march marine
mark marks mars marsh marshal marshall martini massage master max may mayor mays meadow mercy merit merry melody
mighty miles mill mills mine mint misty mo moon monday moor moore moss mustang my near new news noble noel north
novel nova oak ocean old olive opal orchid our page pages palm paris park parks pat path patience peace peak pearl
penny pepper perfect phoenix piano pierce pike pine piper place plant poet polish pool poppy porter post potter
pound power powers prairie price pride prince prim prime princess prior queen quest quick rain ranger ray rays read
reading real red reed reef reign remedy rich ridge riddle ring rio rip river rivers road rob rock rocky rod rogue
rose roses ross row rowan royal ruby rush russet rusty rye sage sailor sales salt sandy savage school scout sea see
senior serenity sharp shell shepherd sheriff shine ship shore short silver singer sky small smart snow so song soul
south spark sparks speaker spring spruce stage star starr stars steel sterling stone stones storm story street
strange strong student summer summers sun sunday sunny swan swift tailor team teal temple terra thorn tiger tiny to
tow tower town travel trip tree trinity true van vale valley victor victory violet virtue wall waller ward warden
warm water waters watts way weaver web weeks well wells west wheat wheeler white wild will win wind windows wine
wing winner winter winters wise wish witness wolf wonder wood woods word words work world worth yen young zen chip
click max pat ray rob tab an no more a i
""".split()
)
"""Words that are also names. Alone they count only in a list or sentence of people, or as a keyword that is an opted-out
name."""

TIMES = frozenset(
    """
january february march april may june july august september october november december spring summer fall autumn winter monday
tuesday wednesday thursday friday saturday sunday easter christmas holiday day days abril mayo junio julio domingo lunes dia
north south east west new red white blue green gold silver black brown gray grey
""".split()
)
"""Days, months, seasons, directions and colours. Even with a capital letter they are no names."""

TOWNS = frozenset(
    """
austin boston brooklyn camden carolina charlotte chelsea cheyenne cleveland dakota dallas denver eugene florence
georgia houston indiana jackson jamestown jefferson kingston lansing lincoln london madison marion memphis milan
monroe montana orlando paris peyton phoenix portland raleigh richmond rochester salem savannah sydney troy trenton
victoria virginia washington wayne wilson
""".split()
)
"""Towns and states that are also names. In a property for places, such a word is the place."""

TITLES = frozenset(
    """
mr mrs ms mx dr coach principal prof professor deputy superintendent rev reverend pastor sgt sergeant lt counselor
teacher librarian sra srta profesor profesora maestro maestra entrenador entrenadora directora herr frau madame
monsieur
""".split()
)
"""Titles: a family name after one of these is an adult's."""

PLACES = frozenset(
    """
library gym gymnasium theater theatre academy arena auditorium ave avenue bay beach blvd boulevard bridge campus canyon cathedral cemetery center centre
chapel church city clinic college complex county creek district drive elementary falls farm farms field fieldhouse
fields ford fountain garden gardens grove hall harbor heights high highway hills hospital hotel intermediate isd
island junction lake landing lane lodge lutheran mall market mansion memorial methodist middle mill monument motors
mountain museum natatorium orchard park parkway pavilion plaza pool prairie preserve prep ranch rd river road square
stadium station street studios tower town township trail university usd valley village zoo pizza insurance dental
orthodontics toyota honda chevrolet bakery electric plumbing construction realty pharmacy hardware grill cafe inc
llc invitational memorial tournament
""".split()
)
"""A name before one of these words is the name of a place, a company or a prize."""

OF_PLACES = frozenset(
    {
        *(
            "memorial",
            "lutheran",
            "catholic",
            "christian",
            "baptist",
            "methodist",
            "presbyterian",
            "middle",
            "high",
            "elementary",
        ),
        *(
            "aquatic",
            "community",
            "public",
            "municipal",
            "county",
            "city",
            "senior",
            "junior",
            "regional",
            "state",
            "national",
        ),
        *("family", "performing", "ford", "toyota", "honda", "st", "park", "hill", "lake", "river"),
    }
)
"""Between a name and the word for a place: "Jackson County Fairgrounds", "Jordan Aquatic Center"."""

AND = frozenset({"and", "und", "y", "et", "e", "n", "or", "with", "con", "plus"})

KIN = frozenset(
    """
twins twin brothers brother sisters sister siblings sibling family triplets cousins cousin kids boys girls children
hermanos hermanas hermano hermana gemelos gemelas mellizos mellizas familia primos primas
""".split()
)

DOES = frozenset(
    """
accepts acts aims answers applauds arrives asks attends balances bats beats blocks blows bows builds carries catches
celebrates cheers chases claps climbs codes competes completes conducts connects controls cooks counts crosses cuts
dances debates defends delivers designs directs dives draws dribbles drives drums earns eats enjoys examines
explains explores finishes flips gets gives goes grabs greets has heads helps high hits holds hugs hurdles is jumps
kicks kneels knows launches laughs leads leaps learns lifts listens looks loves makes marches measures misses mixes
models moves observes opens paints passes performs pins pitches plants plays points poses practices prepares
presents pulls pushes races raises reacts reads receives recites rehearses rests returns rides runs rushes said says
scores sells serves shakes shares shoots shows signs sings sits skates sketches slides smiles solos solves speaks
spikes sprints stands starts stretches strikes studies swims swings tackles takes talks tests throws ties touches
tries tumbles tutors types vaults visits volunteers waits walks warms was watches waves wears wins won works
wrestles writes scored played ran sang danced performed finished placed received earned canta baila juega corre
escribe habla presenta celebra recibe gana toca salta nada anota sonrie posa
""".split()
)
"""Verbs of captions: a word before one of these may be a person."""

ORDINARY = FREQUENT | SCHOOL | SPANISH

KNOWN = tuple(
    tuple(name.split())
    for name in (
        "martin luther king", "abraham lincoln", "george washington", "washington d c", "washington dc", "thomas jefferson",
        "john f kennedy", "rosa parks", "cesar chavez", "harriet tubman", "frederick douglass", "harry potter", "frida kahlo",
        "romeo and juliet", "anne frank", "helen keller", "charlie brown", "peter pan", "mary poppins", "johnny appleseed",
        "susan b anthony", "jackie robinson", "ruby bridges", "dolores huerta", "sojourner truth", "jane goodall",
        "sally ride", "neil armstrong", "billy elliot", "annie get your gun", "betsy ross", "paul revere", "mr rogers",
        "veterans of foreign wars", "santa claus", "uncle sam", "dr seuss", "james and the giant peach", "amazing grace",
    )
)  # fmt: skip
"""People, plays and places that every school mentions: their words mean no person of the roster."""
