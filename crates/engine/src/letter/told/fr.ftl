# What staff and partners are told, in French.

approval-needed = Le transfert { $subject } attend l’approbation d’un responsable.
transfer-failed = Le transfert { $subject } n’a pas abouti.
receipt-disputed = L’accusé de réception du transfert { $subject } ne correspond pas à ce qui a été envoyé.
receipt-overdue = L’accusé de réception du transfert { $subject } est en retard.
package-ready = Le paquet du transfert { $subject } est prêt à être retiré par l’API.
package-not-taken = Le paquet du transfert { $subject } n’a pas été retiré à temps : le transfert est devenu caduc.
arrangement-expires = L’accord { $subject } prend bientôt fin.
key-expires = La clé { $subject } expire bientôt.
schema-drift = Le contenu des bases ne correspond plus au catalogue { $subject }.
unusual-volume = Le paquet du transfert { $subject } contient beaucoup plus ou beaucoup moins d’enregistrements que les précédents.
look-ups-suspended = Le client { $subject } n’interroge plus sur des personnes isolées : ses questions étaient presque les mêmes.
intake-waits = Des enregistrements de la réception { $subject } attendent la décision d’une personne.
intake-rejected = La réception { $subject } a été rejetée : rien n’en est appliqué.
trial = Ceci est un essai des avis : { $subject }.
look = Pour en savoir plus, consultez la passerelle de { $operation } : rien d’autre n’est communiqué par cette voie.
ids-only = Merci de ne pas répondre. N’envoyez jamais d’informations sur des personnes par courriel.
