# What staff and partners are told, in Swahili.

approval-needed = Uhamisho { $subject } unasubiri idhini ya afisa.
transfer-failed = Uhamisho { $subject } haukufaulu.
receipt-disputed = Stakabadhi ya uhamisho { $subject } hailingani na kilichotumwa.
receipt-overdue = Stakabadhi ya uhamisho { $subject } imechelewa.
package-ready = Kifurushi cha uhamisho { $subject } kiko tayari kuchukuliwa kupitia API.
package-not-taken = Kifurushi cha uhamisho { $subject } hakikuchukuliwa kwa wakati: uhamisho umekoma.
arrangement-expires = Makubaliano { $subject } yanakaribia kuisha.
key-expires = Ufunguo { $subject } unakaribia kuisha.
schema-drift = Yaliyomo kwenye hifadhidata hayalingani tena na katalogi { $subject }.
unusual-volume = Kifurushi cha uhamisho { $subject } kina rekodi nyingi zaidi au chache zaidi kuliko vilivyotangulia.
look-ups-suspended = Mteja { $subject } haulizi tena kuhusu mtu mmoja mmoja: maswali yake yalikaribia kufanana.
intake-waits = Rekodi za faili lililopokelewa { $subject } zinasubiri uamuzi wa mtu.
intake-rejected = Faili lililopokelewa { $subject } limekataliwa: hakuna chochote chake kinachotumika.
trial = Hili ni jaribio la arifa: { $subject }.
look = Kwa maelezo zaidi angalia lango la { $operation }: hakuna kingine kinachoelezwa kwa njia hii.
ids-only = Tafadhali usijibu. Kamwe usitume taarifa za watu kwa barua pepe.
